using System.Text;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Writes a Markdown document: a heading, the summary, a table, the notes. Text is escaped so that it cannot become markup.</summary>
public sealed class MarkdownRenderer : IReportRenderer
{
    /// <inheritdoc/>
    public void Render(IReport report, Stream output)
    {
        using var writer = new StreamWriter(output, TextRenderer.Encoding, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine($"# {Escape(ReportSummary.SubjectOf(report))}: {Escape(VisibleText.Of(report.Target.Name))}");
        writer.WriteLine();
        writer.WriteLine(string.Join(" · ", ReportSummary.PartsOf(report).Select(Escape)));
        if (report.RowCount > 0)
        {
            writer.WriteLine();
            WriteTable(writer, report);
        }

        if (report.Notes.Count > 0)
        {
            writer.WriteLine();
        }

        foreach (var note in report.Notes)
        {
            writer.WriteLine("- " + Escape(VisibleText.Of(note)));
        }
    }

    private static void WriteTable(StreamWriter writer, IReport report)
    {
        var columns = report.Columns.Index().Where(column => column.Item.Shown).ToArray();
        var findings = Enumerable.Range(0, report.RowCount).Any(row => report.FindingsAt(row).Count > 0);
        IEnumerable<string> headings = columns.Select(column => column.Item.Heading);
        IEnumerable<string> rules = columns.Select(column => column.Item.AlignRight ? "--:" : "---");
        WriteLine(writer, findings ? headings.Append("Findings") : headings);
        WriteLine(writer, findings ? rules.Append("---") : rules);
        for (var row = 0; row < report.RowCount; row++)
        {
            var cells = columns.Select(column => Escape(CellText.Of(report.CellAt(row, column.Index), column.Item)));
            WriteLine(writer, findings ? cells.Append(Escape(CellText.Of(report.FindingsAt(row)))) : cells);
        }
    }

    private static void WriteLine(StreamWriter writer, IEnumerable<string> cells) => writer.WriteLine($"| {string.Join(" | ", cells)} |");

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            switch (character)
            {
                case '<':
                    escaped.Append("&lt;");
                    break;
                case '>':
                    escaped.Append("&gt;");
                    break;
                case '&':
                    escaped.Append("&amp;");
                    break;
                case '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '~' or '#':
                    escaped.Append('\\').Append(character);
                    break;
                default:
                    escaped.Append(character);
                    break;
            }
        }

        return escaped.ToString();
    }
}
