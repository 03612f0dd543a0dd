using System.Globalization;
using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>The line that sums a report up: how many rows, of what, where its values come from, how many findings.</summary>
public static class ReportSummary
{
    /// <summary>What the report lists: <c>syscalls</c> of <c>ntscope.syscalls/1</c>.</summary>
    public static string SubjectOf(IReport report)
    {
        var start = report.Schema.IndexOf('.', StringComparison.Ordinal) + 1;
        var end = report.Schema.IndexOf('/', StringComparison.Ordinal);
        return end < start ? report.Schema[start..] : report.Schema[start..end];
    }

    /// <summary>The parts of the line, safe to show, to be joined as the format likes.</summary>
    public static IReadOnlyList<string> PartsOf(IReport report)
    {
        List<string> parts = [Counted(report.RowCount, SubjectOf(report) is var subject && subject.EndsWith('s') ? subject : "rows")];
        var target = report.Target;
        parts.Add(string.Join(' ', new[] { target.Name, target.Version, target.Architecture }.Where(part => !string.IsNullOrEmpty(part)).Distinct(StringComparer.Ordinal)));
        if (target.Pdb is { } pdb)
        {
            parts.Add(pdb);
        }

        foreach (var (index, column) in report.Columns.Index())
        {
            if (column.Tallied && report.RowCount > 0)
            {
                parts.Add(Tally(report, index, column));
            }
        }

        var findings = Enumerable.Range(0, report.RowCount).Sum(row => report.FindingsAt(row).Count);
        if (findings > 0)
        {
            parts.Add(Counted(findings, "findings"));
        }

        return parts.ConvertAll(VisibleText.Of);
    }

    private static string Tally(IReport report, int index, ReportColumn column)
    {
        var counts = Enumerable.Range(0, report.RowCount)
            .CountBy(row => CellText.Of(report.CellAt(row, index), column), StringComparer.Ordinal)
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {(pair.Key.Length == 0 ? "none" : pair.Key)}"));
        return $"{column.Heading.ToLowerInvariant()}: {string.Join(", ", counts)}";
    }

    private static string Counted(int count, string plural) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count != 1 ? plural : plural[..^(plural.EndsWith("sses", StringComparison.Ordinal) ? 2 : 1)])}");
}
