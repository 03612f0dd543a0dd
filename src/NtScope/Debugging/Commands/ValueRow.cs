using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>A value as a row: <c>value</c>, hexadecimal and as a signed number.</summary>
/// <param name="Value">The value, 64 bits.</param>
public sealed record ValueRow(ulong Value) : IReportRow<ValueRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("value", "Value"), new("signed", "Signed", AlignRight: true)];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column == 0 ? Cell.Raw(Value, 16) : Cell.Number(unchecked((long)Value));
}
