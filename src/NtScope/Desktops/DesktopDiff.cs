using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>Compares two reports of desktops.</summary>
public static class DesktopDiff
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.desktops-diff/1";

    /// <summary>
    /// What changed from <paramref name="before"/> to <paramref name="after"/>: desktops, and on those that both hold the processes, windows,
    /// input, security descriptor and heap. Windows are told apart by handle and process, processes by identifier, name and start. A value
    /// that one of the two could not read is no change.
    /// </summary>
    public static Report<DesktopChangeRow> Compare(Report<DesktopRow> before, Report<DesktopRow> after)
    {
        var older = ByKey(before.Rows);
        var newer = ByKey(after.Rows);
        var changes = new List<DesktopChangeRow>();
        foreach (var (key, row) in older)
        {
            if (newer.TryGetValue(key, out var same))
            {
                CompareRows(row, same, changes);
            }
            else
            {
                changes.Add(Change("removed", "desktop", row, Summary(row), null));
            }
        }

        foreach (var (key, row) in newer)
        {
            if (!older.ContainsKey(key))
            {
                changes.Add(Change("added", "desktop", row, null, Summary(row)) with { Findings = row.Findings });
            }
        }

        return new Report<DesktopChangeRow>(Schema, after.Target, changes, [$"Compared {before.Target.Name} with {after.Target.Name}."]);
    }

    private static void CompareRows(DesktopRow before, DesktopRow after, List<DesktopChangeRow> changes)
    {
        AddIfChanged("input", before, before.Input is { } wasInput ? Yes(wasInput) : null, after.Input is { } isInput ? Yes(isInput) : null, changes);
        AddIfChanged("security", before, before.Sddl, after.Sddl, changes);
        AddIfChanged("heap", before, before.HeapKilobytes is { } was ? $"{was} KiB" : null, after.HeapKilobytes is { } now ? $"{now} KiB" : null, changes);
        CompareSets("process", before, before.Processes, after.Processes, static process => (process.Pid, process.Name, process.Started), Describe, changes);
        CompareSets("window", before, before.Windows, after.Windows, static window => (window.Handle, window.Pid), Describe, changes);
    }

    private static void CompareSets<TItem, TKey>(
        string subject,
        DesktopRow row,
        IReadOnlyList<TItem> before,
        IReadOnlyList<TItem> after,
        Func<TItem, TKey> keyOf,
        Func<TItem, string> describe,
        List<DesktopChangeRow> changes)
        where TKey : notnull
    {
        var older = before.Select(keyOf).ToHashSet();
        var newer = after.Select(keyOf).ToHashSet();
        changes.AddRange(before.Where(item => !newer.Contains(keyOf(item))).Select(item => Change("removed", subject, row, describe(item), null)));
        changes.AddRange(after.Where(item => !older.Contains(keyOf(item))).Select(item => Change("added", subject, row, null, describe(item))));
    }

    private static void AddIfChanged(string subject, DesktopRow row, string? before, string? after, List<DesktopChangeRow> changes)
    {
        if (before is not null && after is not null && !string.Equals(before, after, StringComparison.Ordinal))
        {
            changes.Add(Change("changed", subject, row, before, after));
        }
    }

    private static DesktopChangeRow Change(string change, string subject, DesktopRow row, string? before, string? after) =>
        new(change, subject, row.Session, row.WindowStation, row.Name, before, after);

    private static Dictionary<(int?, string?, string?), DesktopRow> ByKey(IReadOnlyList<DesktopRow> rows)
    {
        var byKey = new Dictionary<(int?, string?, string?), DesktopRow>();
        foreach (var row in rows)
        {
            byKey.TryAdd((row.Session, row.WindowStation?.ToUpperInvariant(), row.Name?.ToUpperInvariant()), row);
        }

        return byKey;
    }

    private static string Summary(DesktopRow row) =>
        row.Processes.Count == 0 ? "no processes" : string.Join(", ", row.Processes.Select(Describe));

    private static string Describe(DesktopProcess process) => $"{process.Name ?? "a process"} ({process.Pid})";

    private static string Describe(DesktopWindow window) => $"0x{window.Handle:x} \"{window.Title}\" [{window.Class}] of process {window.Pid}";

    private static string Yes(bool value) => value ? "yes" : "no";
}
