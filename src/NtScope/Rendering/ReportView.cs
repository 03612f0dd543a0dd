using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>A report seen through a query: some of its columns, some of its rows, in another order.</summary>
public sealed class ReportView : IReport
{
    private readonly IReport _report;
    private readonly int[] _columns;
    private readonly int[] _rows;

    /// <summary>The view of <paramref name="report"/> that <paramref name="query"/> asks for.</summary>
    /// <exception cref="InputException">The query names a column that the report does not have.</exception>
    public ReportView(IReport report, ReportQuery query)
    {
        _report = report;
        _columns = query.Columns is { } names
            ? [.. names.Select(name => ColumnNamed(name, "--columns"))]
            : [.. Enumerable.Range(0, report.Columns.Count)];
        Columns = query.Columns is null ? report.Columns : [.. _columns.Select(column => report.Columns[column] with { Shown = true })];
        _rows = Sorted(query.Sort, Filtered(query.Filter));
    }

    /// <inheritdoc/>
    public string Schema => _report.Schema;

    /// <inheritdoc/>
    public TargetSummary Target => _report.Target;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => _report.Notes;

    /// <inheritdoc/>
    public IReadOnlyList<ReportColumn> Columns { get; }

    /// <inheritdoc/>
    public int RowCount => _rows.Length;

    /// <inheritdoc/>
    public Cell CellAt(int row, int column) => _report.CellAt(_rows[row], _columns[column]);

    /// <inheritdoc/>
    public IReadOnlyList<Finding> FindingsAt(int row) => _report.FindingsAt(_rows[row]);

    private IEnumerable<int> Filtered(string? filter)
    {
        var all = Enumerable.Range(0, _report.RowCount);
        if (filter is null)
        {
            return all;
        }

        var equals = filter.IndexOf('=', StringComparison.Ordinal);
        var columns = equals < 0 ? NameColumns() : [ColumnNamed(filter[..equals], "--filter")];
        var pattern = new WildcardPattern(filter[(equals + 1)..]);
        return all.Where(row => columns.Any(column => pattern.Matches(CellText.Of(_report.CellAt(row, column), _report.Columns[column]))));
    }

    private int[] Sorted(string? sort, IEnumerable<int> rows)
    {
        if (sort is null)
        {
            return [.. rows];
        }

        const string Descending = ":desc";
        var descending = sort.EndsWith(Descending, StringComparison.OrdinalIgnoreCase);
        var column = ColumnNamed(descending ? sort[..^Descending.Length] : sort, "--sort");
        var keyed = rows.Select(row => (Row: row, Cell: _report.CellAt(row, column))).ToArray();
        var filled = keyed.Where(row => row.Cell.Kind != CellKind.Empty);
        var ordered = descending
            ? filled.OrderByDescending(row => row.Cell, CellComparer.Instance)
            : filled.OrderBy(row => row.Cell, CellComparer.Instance);
        return [.. ordered.Concat(keyed.Where(row => row.Cell.Kind == CellKind.Empty)).Select(row => row.Row)];
    }

    // The column of names; any column in a report whose rows have none.
    private int[] NameColumns() => Find("name") is { } name ? [name] : [.. Enumerable.Range(0, _report.Columns.Count)];

    private int ColumnNamed(string name, string option) => Find(name)
        ?? throw new InputException(option, $"there is no column '{VisibleText.Of(name)}'; there are {string.Join(", ", _report.Columns.Select(column => column.Name))}");

    private int? Find(string name)
    {
        for (var column = 0; column < _report.Columns.Count; column++)
        {
            if (string.Equals(_report.Columns[column].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return column;
            }
        }

        return null;
    }
}
