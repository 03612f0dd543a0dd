using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>A routine that somebody registered with the kernel: a row of <c>ntscope.callbacks/1</c>.</summary>
/// <param name="Kind">What it is called for (<see cref="CallbackKinds"/>).</param>
/// <param name="Slot">Its place in the array or list, from 0.</param>
/// <param name="Address">The routine; null if it cannot be read.</param>
/// <param name="Module">The module that covers it; null outside every module.</param>
/// <param name="Symbol">The nearest name below it.</param>
/// <param name="Detail">What else is known: pre or post, operations, altitude, component. It may hold untrusted text.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record CallbackRow(
    string Kind,
    int Slot,
    VirtualAddress? Address,
    string? Module,
    string? Symbol,
    string? Detail,
    IReadOnlyList<Finding> Findings) : IReportRow<CallbackRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.callbacks/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("kind", "Kind"),
        new("slot", "Slot", AlignRight: true),
        new("address", "Address"),
        new("module", "Module"),
        new("symbol", "Symbol"),
        new("detail", "Detail"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Kind),
        1 => Cell.Number(Slot),
        2 => Cell.Address(Address),
        3 => Cell.Text(Module),
        4 => Cell.Text(Symbol),
        5 => Cell.Text(Detail),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
