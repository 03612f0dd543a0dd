using NtScope.Kernel;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>What <c>!process</c> says of a process in short.</summary>
/// <param name="Process">Its _EPROCESS.</param>
/// <param name="Session">Its session; null for none.</param>
/// <param name="Id">Its ID; null if it cannot be read.</param>
/// <param name="ParentId">Its creator's; null if it cannot be read.</param>
/// <param name="EnvironmentBlock">Its PEB; null if it cannot be read.</param>
/// <param name="DirectoryTable">The root of its page tables; null if it cannot be read.</param>
/// <param name="HandleTable">Its handle table; zero if it has none any more, null if it cannot be read.</param>
/// <param name="HandleCount">How many handles it has open.</param>
/// <param name="Image">Its image's name; null if it cannot be read. Untrusted text.</param>
/// <param name="Findings">What could not be read.</param>
public sealed record ProcessDetails(
    VirtualAddress Process,
    long? Session,
    ulong? Id,
    ulong? ParentId,
    VirtualAddress? EnvironmentBlock,
    ulong? DirectoryTable,
    VirtualAddress? HandleTable,
    int HandleCount,
    string? Image,
    IReadOnlyList<Finding> Findings) : IReportRow<ProcessDetails>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("process", "Process"), new("session", "Session"), new("id", "Cid"), new("parentId", "ParentCid"), new("environmentBlock", "Peb"),
        new("directoryTable", "DirBase"), new("handleTable", "ObjectTable"), new("handleCount", "HandleCount", AlignRight: true), new("image", "Image"),
    ];

    /// <summary>Reads a process.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="address">Its _EPROCESS.</param>
    public static ProcessDetails Read(KernelContext context, VirtualAddress address)
    {
        var findings = new List<Finding>();
        var view = context.At("_EPROCESS", address, findings);
        var table = view.Pointer("ObjectTable");
        return new ProcessDetails(
            address,
            new SessionReader(context).SessionOf(address, findings),
            view.Number("UniqueProcessId"),
            view.Number("InheritedFromUniqueProcessId"),
            view.Pointer("Peb"),
            view.Number("Pcb.DirectoryTableBase"),
            table,
            table is { IsZero: false } handles ? Kernel.Objects.HandleTable.Read(context, handles).Count() : 0,
            view.Characters("ImageFileName"),
            findings);
    }

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Process),
        1 => Cell.Number(Session),
        2 => Cell.Number((long?)Id),
        3 => Cell.Number((long?)ParentId),
        4 => Cell.Address(EnvironmentBlock),
        5 => DirectoryTable is { } table ? Cell.Raw(table, 0) : Cell.Empty,
        6 => Cell.Address(HandleTable),
        7 => Cell.Number(HandleCount),
        _ => Cell.Text(Image),
    };
}
