namespace NtScope.Reports;

/// <summary>Typed rows as a table of cells.</summary>
/// <typeparam name="TRow">The row type, which declares the columns.</typeparam>
/// <param name="rows">The rows in order.</param>
public class ReportTable<TRow>(IReadOnlyList<TRow> rows) : IReportTable
    where TRow : IReportRow<TRow>
{
    /// <summary>The rows in order.</summary>
    public IReadOnlyList<TRow> Rows { get; } = rows;

    /// <inheritdoc/>
    public IReadOnlyList<ReportColumn> Columns => TRow.Columns;

    /// <inheritdoc/>
    public int RowCount => Rows.Count;

    /// <inheritdoc/>
    public Cell CellAt(int row, int column) => Rows[row].CellAt(column);

    /// <inheritdoc/>
    public IReadOnlyList<Finding> FindingsAt(int row) => Rows[row].Findings;
}
