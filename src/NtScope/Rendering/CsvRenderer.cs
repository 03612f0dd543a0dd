using System.Globalization;
using System.Text;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>
/// Writes comma-separated values (RFC 4180, UTF-8, CRLF): a line of column names, then one line a row with the values the JSON document
/// has. A text that a spreadsheet would run as a formula gets an apostrophe in front.
/// </summary>
public sealed class CsvRenderer : IReportRenderer
{
    /// <inheritdoc/>
    public void Render(IReport report, Stream output)
    {
        using var writer = new StreamWriter(output, TextRenderer.Encoding, leaveOpen: true) { NewLine = "\r\n" };
        writer.WriteLine(string.Join(',', report.Columns.Select(column => column.Name).Append("findings")));
        for (var row = 0; row < report.RowCount; row++)
        {
            for (var column = 0; column < report.Columns.Count; column++)
            {
                writer.Write(Field(ValueOf(report.CellAt(row, column))));
                writer.Write(',');
            }

            writer.WriteLine(Field(CellText.Of(report.FindingsAt(row))));
        }
    }

    private static string ValueOf(Cell cell) => cell.Kind switch
    {
        CellKind.Text => WithoutFormula(VisibleText.Of(cell.TextValue)),
        CellKind.Number => cell.NumberValue.ToString(CultureInfo.InvariantCulture),
        CellKind.Address or CellKind.Raw => CellText.Hexadecimal(cell),
        CellKind.Flag => cell.FlagValue ? "true" : "false",
        CellKind.Texts => WithoutFormula(VisibleText.Of(string.Join(' ', cell.TextValues))),
        CellKind.Rows => JsonRenderer.RowsOf(cell.Table),
        _ => string.Empty,
    };

    private static string WithoutFormula(string text) => text is ['=' or '+' or '-' or '@', ..] ? "'" + text : text;

    private static string Field(string value)
    {
        if (!value.AsSpan().ContainsAny(',', '"'))
        {
            return value;
        }

        return new StringBuilder(value).Replace("\"", "\"\"").Insert(0, '"').Append('"').ToString();
    }
}
