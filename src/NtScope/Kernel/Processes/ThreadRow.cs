using NtScope.Reports;

namespace NtScope.Kernel.Processes;

/// <summary>A thread: a row of <c>ntscope.threads/1</c>.</summary>
/// <param name="Tid">Its ID; null if it cannot be read.</param>
/// <param name="Pid">The ID of its process.</param>
/// <param name="Process">The name of its process. Untrusted text.</param>
/// <param name="Object">Where its _ETHREAD is.</param>
/// <param name="State">What it does (_KTHREAD.State by name: <c>waiting</c>).</param>
/// <param name="StartAddress">Where it began: the routine of a system thread, the user's start address of another.</param>
/// <param name="Module">The module that covers the start address; null in user space or outside modules.</param>
/// <param name="Symbol">The nearest name below the start address.</param>
/// <param name="Created">When it was created, ISO 8601 in UTC.</param>
/// <param name="Exited">When it ended; null if it runs.</param>
/// <param name="SeenBy">What showed it.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record ThreadRow(
    long? Tid,
    long? Pid,
    string? Process,
    VirtualAddress Object,
    string? State,
    VirtualAddress? StartAddress,
    string? Module,
    string? Symbol,
    string? Created,
    string? Exited,
    IReadOnlyList<string> SeenBy,
    IReadOnlyList<Finding> Findings) : IReportRow<ThreadRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.threads/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("tid", "TID", AlignRight: true),
        new("pid", "PID", AlignRight: true),
        new("process", "Process"),
        new("object", "Object"),
        new("state", "State"),
        new("startAddress", "Start"),
        new("module", "Module", Shown: false),
        new("symbol", "Symbol"),
        new("created", "Created", Shown: false),
        new("exited", "Exited"),
        new("seenBy", "Seen by"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Tid),
        1 => Cell.Number(Pid),
        2 => Cell.Text(Process),
        3 => Cell.Address(Object),
        4 => Cell.Text(State),
        5 => Cell.Address(StartAddress),
        6 => Cell.Text(Module),
        7 => Cell.Text(Symbol),
        8 => Cell.Text(Created),
        9 => Cell.Text(Exited),
        10 => Cell.Texts(SeenBy),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
