using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>Makes the report <c>ntscope.desktops/1</c>, whatever its rows come from.</summary>
public static class DesktopReport
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.desktops/1";

    /// <summary>A report of judged rows in the order session, window station, desktop; the input desktop's station comes first in its session.</summary>
    /// <param name="target">What the rows come from.</param>
    /// <param name="rows">The rows as a source made them.</param>
    /// <param name="notes">What a reader should know of the whole.</param>
    /// <param name="managed">The names of the desktops that this program keeps.</param>
    public static Report<DesktopRow> Create(
        TargetSummary target,
        IEnumerable<DesktopRow> rows,
        IReadOnlyList<string> notes,
        IReadOnlyCollection<string> managed)
    {
        var sorted = DesktopTriage.Judge(rows, managed)
            .OrderBy(static row => row.Session ?? int.MaxValue)
            .ThenBy(static row => row.WindowStation is null)
            .ThenBy(static row => !string.Equals(row.WindowStation, "WinSta0", StringComparison.OrdinalIgnoreCase))
            .ThenBy(static row => row.WindowStation, StringComparer.OrdinalIgnoreCase)
            .ThenBy(static row => row.Role != DesktopRole.Default)
            .ThenBy(static row => row.Name, StringComparer.OrdinalIgnoreCase);
        return new Report<DesktopRow>(Schema, target, [.. sorted], notes);
    }
}
