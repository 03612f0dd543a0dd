using NtScope.Reports;

namespace NtScope.Kernel.Drivers;

/// <summary>An entry of a driver's dispatch table.</summary>
/// <param name="Function">The major function (<c>IRP_MJ_CREATE</c>).</param>
/// <param name="Address">The routine.</param>
/// <param name="Module">The module that covers it; null outside every module.</param>
/// <param name="Symbol">The nearest name below it.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record DispatchRow(string Function, VirtualAddress? Address, string? Module, string? Symbol, IReadOnlyList<Finding> Findings)
    : IReportRow<DispatchRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("function", "Function"),
        new("address", "Address"),
        new("module", "Module"),
        new("symbol", "Symbol"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Function),
        1 => Cell.Address(Address),
        2 => Cell.Text(Module),
        3 => Cell.Text(Symbol),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
