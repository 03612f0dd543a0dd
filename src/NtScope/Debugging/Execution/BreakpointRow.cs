using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>A breakpoint as a row.</summary>
/// <param name="Breakpoint">The breakpoint.</param>
public sealed record BreakpointRow(Breakpoint Breakpoint) : IReportRow<BreakpointRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
        [new("number", "Number", AlignRight: true), new("enabled", "Enabled"), new("address", "Address"), new("expression", "Expression"), new("commands", "Commands")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Breakpoint.Number),
        1 => Cell.Text(Breakpoint.IsEnabled ? "yes" : "no"),
        2 => Cell.Address(Breakpoint.Address),
        3 => Cell.Text(Breakpoint.Expression),
        _ => Cell.Text(Breakpoint.Commands),
    };
}
