using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>
/// A report laid out in lines of aligned pieces. Without a width nothing is cut, a row stays one line and its findings are its last
/// column; with one, wide columns are cut to fit and findings follow their row.
/// </summary>
public sealed class TextLayout
{
    private const int Gap = 2;
    private const int NarrowestCut = 12;
    private const int NarrowestSentence = 20;

    private readonly IReportTable _table;
    private readonly int _indent;
    private readonly int? _width;
    private readonly int[] _columns;
    private readonly string[][] _cells;
    private readonly bool _findingsColumn;
    private readonly int[] _widths;

    private TextLayout(IReportTable table, int indent, int? width)
    {
        _table = table;
        _indent = indent;
        _width = width;
        _cells = new string[table.RowCount][];
        _columns = [.. table.Columns.Index().Where(column => column.Item.Shown && !HasOwnLine(column.Item) && !HoldsRows(table, column.Index)).Select(column => column.Index)];
        _findingsColumn = width is null && Enumerable.Range(0, table.RowCount).Any(row => table.FindingsAt(row).Count > 0);
        for (var row = 0; row < _cells.Length; row++)
        {
            _cells[row] = Array.ConvertAll(_columns, column => CellText.Of(table.CellAt(row, column), table.Columns[column]));
        }

        _widths = NaturalWidths();
        if (width is { } limit)
        {
            Shrink(limit);
        }
    }

    /// <summary>The lines of a report: headings, rows, then the summary and the notes.</summary>
    /// <param name="report">The report.</param>
    /// <param name="width">The columns of the terminal, or null where nothing needs to be cut.</param>
    public static IEnumerable<IReadOnlyList<TextPiece>> LinesOf(IReport report, int? width = null)
    {
        if (report.RowCount > 0)
        {
            foreach (var line in new TextLayout(report, 0, width).Lines())
            {
                yield return line;
            }

            yield return [];
        }

        var closing = report.Notes.Select(note => (Text: VisibleText.Of(note), Role: TextRole.Note))
            .Prepend((Text: string.Join(" · ", ReportSummary.PartsOf(report)), Role: TextRole.Summary));
        foreach (var line in closing.SelectMany(sentence => Sentence(sentence.Text, sentence.Role, 0, width)))
        {
            yield return line;
        }
    }

    /// <summary>A sentence from an indentation on, broken to a width where there is one.</summary>
    private static IEnumerable<IReadOnlyList<TextPiece>> Sentence(string text, TextRole role, int indent, int? width)
    {
        var lines = width is { } limit ? WordWrap.Lines(text, Math.Max(limit - indent, NarrowestSentence)) : [text];
        return lines.Select(line => (IReadOnlyList<TextPiece>)(indent == 0 ? [new TextPiece(line, role)] : [Space(indent), new TextPiece(line, role)]));
    }

    private static bool HoldsRows(IReportTable table, int column) =>
        Enumerable.Range(0, table.RowCount).Any(row => table.CellAt(row, column).Kind == CellKind.Rows);

    private IEnumerable<IReadOnlyList<TextPiece>> Lines()
    {
        yield return HeadingLine();
        for (var row = 0; row < _table.RowCount; row++)
        {
            yield return RowLine(row);
            foreach (var line in LinesBelow(row))
            {
                yield return line;
            }

            foreach (var line in InnerLines(row))
            {
                yield return line;
            }
        }
    }

    private IEnumerable<IReadOnlyList<TextPiece>> LinesBelow(int row)
    {
        var own =
            from column in _table.Columns.Index()
            where column.Item.Shown && HasOwnLine(column.Item)
            let text = CellText.Of(_table.CellAt(row, column.Index), column.Item)
            where text.Length > 0
            select (Text: text, Role: TextRole.Text);
        var findings = _findingsColumn ? [] : _table.FindingsAt(row).Select(finding => (Text: "! " + CellText.Of(finding), Role: TextRole.Finding));
        return own.Concat(findings).SelectMany(sentence => Sentence(sentence.Text, sentence.Role, _indent + (2 * Gap), _width));
    }

    private bool HasOwnLine(ReportColumn column) => column.OwnLine && _width is not null;

    private IEnumerable<IReadOnlyList<TextPiece>> InnerLines(int row) =>
        from column in Enumerable.Range(0, _table.Columns.Count)
        where _table.Columns[column].Shown
        let cell = _table.CellAt(row, column)
        where cell.Kind == CellKind.Rows && cell.Table.RowCount > 0
        from line in new TextLayout(cell.Table, _indent + (2 * Gap), _width).Lines()
        select line;

    private List<TextPiece> HeadingLine()
    {
        var line = StartLine();
        foreach (var (position, column) in _columns.Index())
        {
            Add(line, position, _table.Columns[column].Heading, TextRole.Heading);
        }

        if (_findingsColumn)
        {
            line.Add(new TextPiece("Findings", TextRole.Heading));
        }

        return Trimmed(line);
    }

    private List<TextPiece> RowLine(int row)
    {
        var line = StartLine();
        foreach (var (position, column) in _columns.Index())
        {
            Add(line, position, _cells[row][position], RoleOf(_table.CellAt(row, column), _table.Columns[column]));
        }

        if (_findingsColumn)
        {
            line.Add(new TextPiece(CellText.Of(_table.FindingsAt(row)), TextRole.Finding));
        }

        return Trimmed(line);
    }

    private List<TextPiece> StartLine() => _indent == 0 ? [] : [Space(_indent)];

    private void Add(List<TextPiece> line, int position, string text, TextRole role)
    {
        var cut = DisplayWidth.Cut(text, _widths[position]);
        var padding = _widths[position] - DisplayWidth.Of(cut);
        var right = _table.Columns[_columns[position]].AlignRight;
        if (right && padding > 0)
        {
            line.Add(Space(padding));
        }

        line.Add(new TextPiece(cut, role));
        line.Add(Space(Gap + (right ? 0 : padding)));
    }

    private static List<TextPiece> Trimmed(List<TextPiece> line)
    {
        while (line.Count > 0 && string.IsNullOrWhiteSpace(line[^1].Text))
        {
            line.RemoveAt(line.Count - 1);
        }

        return line;
    }

    private static TextPiece Space(int count) => new(new string(' ', count), TextRole.Space);

    private static TextRole RoleOf(Cell cell, ReportColumn column) => cell.Kind switch
    {
        CellKind.Number => TextRole.Number,
        CellKind.Address or CellKind.Raw => TextRole.Address,
        _ when column.Name == "name" => TextRole.Name,
        _ => TextRole.Text,
    };

    private int[] NaturalWidths() => [.. _columns.Select((column, position) =>
        _cells.Select(row => DisplayWidth.Of(row[position])).Append(DisplayWidth.Of(_table.Columns[column].Heading)).Max())];

    private void Shrink(int limit)
    {
        var excess = _indent + _widths.Sum() + (Gap * (_widths.Length - 1)) - limit;
        while (excess > 0)
        {
            var widest = Array.IndexOf(_widths, _widths.DefaultIfEmpty().Max());
            if (widest < 0 || _widths[widest] <= NarrowestCut)
            {
                return;
            }

            _widths[widest]--;
            excess--;
        }
    }
}
