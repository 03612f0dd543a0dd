namespace NtScope.Reports;

/// <summary>Rows under columns, as renderers see them: cells only, no row types.</summary>
public interface IReportTable
{
    /// <summary>The columns in order. Every table ends in JSON with <c>findings</c>, which is not among them.</summary>
    IReadOnlyList<ReportColumn> Columns { get; }

    /// <summary>How many rows there are.</summary>
    int RowCount { get; }

    /// <summary>The value in a row under a column, both counted from 0.</summary>
    Cell CellAt(int row, int column);

    /// <summary>The findings of a row; usually empty.</summary>
    IReadOnlyList<Finding> FindingsAt(int row);
}
