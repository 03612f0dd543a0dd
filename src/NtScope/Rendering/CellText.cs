using System.Globalization;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Cells and findings as people read them: one line, safe to show.</summary>
internal static class CellText
{
    /// <summary>The text of a cell under a column; empty for a cell without a value.</summary>
    public static string Of(Cell cell, ReportColumn column) => cell.Kind switch
    {
        CellKind.Text => VisibleText.Of(cell.TextValue),
        CellKind.Number => column.Hexadecimal
            ? "0x" + cell.NumberValue.ToString("x", CultureInfo.InvariantCulture)
            : cell.NumberValue.ToString(CultureInfo.InvariantCulture),
        CellKind.Address or CellKind.Raw => Hexadecimal(cell),
        CellKind.Flag => cell.FlagValue ? "yes" : "no",
        CellKind.Texts => VisibleText.Of(string.Join(cell.TextValues.Any(static text => text.Contains(',', StringComparison.Ordinal)) ? "; " : ", ", cell.TextValues)),
        CellKind.Rows => OfRows(cell.Table),
        _ => string.Empty,
    };

    /// <summary>An address or a raw value as documents write it.</summary>
    public static string Hexadecimal(Cell cell) => "0x" + cell.RawValue.ToString("x" + cell.Width.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A finding as one line.</summary>
    public static string Of(Finding finding) => VisibleText.Of($"{finding.Kind}: {finding.Detail}");

    /// <summary>The findings of a row as one line; empty without any.</summary>
    public static string Of(IReadOnlyList<Finding> findings) => findings.Count == 0 ? string.Empty : string.Join("; ", findings.Select(Of));

    private static string OfRows(IReportTable table)
    {
        var shown = table.Columns.Index().Where(column => column.Item.Shown).ToArray();
        return string.Join("; ", Enumerable.Range(0, table.RowCount).Select(row =>
            string.Join(' ', shown.Select(column => Of(table.CellAt(row, column.Index), column.Item)).Where(text => text.Length > 0))));
    }
}
