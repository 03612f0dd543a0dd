namespace NtScope.Reports;

/// <summary>A typed row of a report. The row type declares its columns once; every renderer writes from them.</summary>
/// <typeparam name="TSelf">The row type.</typeparam>
public interface IReportRow<TSelf>
    where TSelf : IReportRow<TSelf>
{
    /// <summary>The columns in order.</summary>
    static abstract IReadOnlyList<ReportColumn> Columns { get; }

    /// <summary>What the reader of this row should know; usually empty.</summary>
    IReadOnlyList<Finding> Findings { get; }

    /// <summary>The value under the column with this number, counted from 0.</summary>
    Cell CellAt(int column);
}
