using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>
/// Writes one self-contained page: readable without network and without script, which only adds the filter box and sorting. All text is
/// escaped, and the page's own policy lets no other script run.
/// </summary>
public sealed class HtmlRenderer : IReportRenderer
{
    private static readonly Lazy<string> Style = new(() => Resource("report.css"));
    private static readonly Lazy<string> Script = new(() => Resource("report.js"));

    /// <inheritdoc/>
    public void Render(IReport report, Stream output)
    {
        using var writer = new StreamWriter(output, TextRenderer.Encoding, leaveOpen: true) { NewLine = "\n" };
        var subject = Escape(ReportSummary.SubjectOf(report));
        var name = Escape(VisibleText.Of(report.Target.Name));
        var policy = $"default-src 'none'; style-src 'sha256-{Hash(Style.Value)}'; script-src 'sha256-{Hash(Script.Value)}'";
        writer.Write($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{subject}: {name}</title>
            <style>{Style.Value}</style>
            </head>
            <body>
            <header>
            <h1><span>{subject}</span> {name}</h1>

            """);
        WriteSummary(writer, report);
        writer.Write("""
            <p id="tools" hidden><input id="filter" type="search" placeholder="Filter rows" aria-label="Filter rows"> <output id="count"></output></p>
            </header>
            <main>

            """);
        if (report.RowCount > 0)
        {
            WriteTable(writer, report, "report");
        }

        writer.WriteLine("</main>");
        WriteNotes(writer, report);
        writer.Write($"<script>{Script.Value}</script>\n</body>\n</html>\n");
    }

    private static void WriteSummary(StreamWriter writer, IReport report)
    {
        writer.Write("<p class=\"summary\">");
        foreach (var part in ReportSummary.PartsOf(report))
        {
            writer.Write($"<span>{Escape(part)}</span> ");
        }

        writer.WriteLine("</p>");
    }

    private static void WriteNotes(StreamWriter writer, IReport report)
    {
        if (report.Notes.Count == 0)
        {
            return;
        }

        writer.WriteLine("<footer>\n<h2>Notes</h2>\n<ul>");
        foreach (var note in report.Notes)
        {
            writer.WriteLine($"<li>{Escape(VisibleText.Of(note))}</li>");
        }

        writer.WriteLine("</ul>\n</footer>");
    }

    private static void WriteTable(StreamWriter writer, IReportTable table, string kind)
    {
        var columns = table.Columns.Index().Where(column => column.Item.Shown).ToArray();
        var findings = Enumerable.Range(0, table.RowCount).Any(row => table.FindingsAt(row).Count > 0);
        writer.Write($"<table class=\"{kind}\">\n<thead><tr>");
        foreach (var (_, column) in columns)
        {
            writer.Write($"<th scope=\"col\"{(column.AlignRight ? " class=\"right\"" : string.Empty)}>{Escape(column.Heading)}</th>");
        }

        writer.WriteLine(findings ? "<th scope=\"col\">Findings</th></tr></thead>\n<tbody>" : "</tr></thead>\n<tbody>");
        for (var row = 0; row < table.RowCount; row++)
        {
            writer.Write("<tr>");
            foreach (var (index, column) in columns)
            {
                WriteCell(writer, table.CellAt(row, index), column);
            }

            if (findings)
            {
                WriteFindings(writer, table.FindingsAt(row));
            }

            writer.WriteLine("</tr>");
        }

        writer.WriteLine("</tbody>\n</table>");
    }

    private static void WriteCell(StreamWriter writer, Cell cell, ReportColumn column)
    {
        if (cell.Kind == CellKind.Rows)
        {
            writer.Write("<td>");
            if (cell.Table.RowCount > 0)
            {
                WriteTable(writer, cell.Table, "inner");
            }

            writer.Write("</td>");
            return;
        }

        var style = cell.Kind switch
        {
            CellKind.Number or CellKind.Address or CellKind.Raw => "number",
            _ when column.Name == "name" => "name",
            _ => string.Empty,
        };
        var right = column.AlignRight ? " right" : string.Empty;
        var classes = (style + right).Trim();
        writer.Write(classes.Length == 0 ? "<td" : $"<td class=\"{classes}\"");
        if (SortKeyOf(cell) is { } key)
        {
            writer.Write($" data-key=\"{key}\"");
        }

        writer.Write($">{Escape(CellText.Of(cell, column))}</td>");
    }

    private static void WriteFindings(StreamWriter writer, IReadOnlyList<Finding> findings)
    {
        writer.Write("<td>");
        foreach (var finding in findings)
        {
            writer.Write($"<div class=\"finding\"><b>{Escape(VisibleText.Of(finding.Kind))}</b> {Escape(VisibleText.Of(finding.Detail))}</div>");
        }

        writer.Write("</td>");
    }

    // Fixed width, so that the page can compare keys as text and no address loses digits in a floating-point number.
    private static string? SortKeyOf(Cell cell) => cell.Kind switch
    {
        CellKind.Number => unchecked((ulong)cell.NumberValue ^ (1UL << 63)).ToString("x16", CultureInfo.InvariantCulture),
        CellKind.Address or CellKind.Raw => cell.RawValue.ToString("x16", CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Escape(string text) => text.AsSpan().ContainsAny("<>&\"'")
        ? new StringBuilder(text)
            .Replace("&", "&amp;")
            .Replace("<", "&lt;")
            .Replace(">", "&gt;")
            .Replace("\"", "&quot;")
            .Replace("'", "&#39;")
            .ToString()
        : text;

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using var stream = typeof(HtmlRenderer).Assembly.GetManifestResourceStream("rendering/" + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
