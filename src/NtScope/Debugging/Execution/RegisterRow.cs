using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>A register as a row.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it holds.</param>
public sealed record RegisterRow(string Name, ulong Value) : IReportRow<RegisterRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("name", "Register"), new("value", "Value")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column == 0 ? Cell.Text(Name) : Cell.Raw(Value, 16);
}
