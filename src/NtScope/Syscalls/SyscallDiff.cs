using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>Compares the system services of two targets.</summary>
public static class SyscallDiff
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.syscalls-diff/1";

    /// <summary>
    /// What changed from <paramref name="before"/> to <paramref name="after"/>, in the order of the later numbers. Services are told apart by
    /// table and name; what has no name is not compared, and a note says how many. A table that only one of the two holds is left out.
    /// </summary>
    public static Report<SyscallDiffRow> Compare(Report<SyscallRow> before, Report<SyscallRow> after)
    {
        var notes = new List<string> { $"Compared {before.Target.Name} with {after.Target.Name}." };
        var older = ByName(before, notes);
        var newer = ByName(after, notes);
        var shared = TablesOf(older);
        shared.IntersectWith(TablesOf(newer));
        foreach (var table in TablesOf(older).Union(TablesOf(newer)).Except(shared))
        {
            notes.Add($"The {SyscallRow.TextOf(table)} table is not compared: only one of the two holds it.");
        }

        if (before.Target.Architecture != after.Target.Architecture)
        {
            notes.Add($"The first is for {before.Target.Architecture}, the second for {after.Target.Architecture}: their stack arguments are counted differently.");
        }

        var rows = new List<SyscallDiffRow>();
        foreach (var (key, row) in older)
        {
            if (shared.Contains(key.Table) && Compare(key.Table, row, newer.GetValueOrDefault(key)) is { } change)
            {
                rows.Add(change);
            }
        }

        foreach (var (key, row) in newer)
        {
            if (shared.Contains(key.Table) && !older.ContainsKey(key))
            {
                rows.Add(Row(key.Table, null, row, ["added"]));
            }
        }

        rows.Sort((left, right) => Order(left).CompareTo(Order(right)));
        return new Report<SyscallDiffRow>(Schema, after.Target, rows, notes);

        static (uint Index, bool IsAdded) Order(SyscallDiffRow row) => ((row.IndexAfter ?? row.IndexBefore)!.Value.Value, row.IndexAfter is not null);
    }

    private static SyscallDiffRow? Compare(ServiceTableKind table, SyscallRow before, SyscallRow? after)
    {
        if (after is null)
        {
            return Row(table, before, null, ["removed"]);
        }

        var changes = new List<string>();
        if (before.Index != after.Index)
        {
            changes.Add("moved");
        }

        if (before.StackArguments is { } was && after.StackArguments is { } now && was != now)
        {
            changes.Add("arguments");
        }

        return changes.Count == 0 ? null : Row(table, before, after, changes);
    }

    private static SyscallDiffRow Row(ServiceTableKind table, SyscallRow? before, SyscallRow? after, IReadOnlyList<string> changes) => new()
    {
        Changes = changes,
        Name = (after ?? before)!.Name!,
        Table = table,
        IndexBefore = before?.Index,
        IndexAfter = after?.Index,
        StackArgumentsBefore = before?.StackArguments,
        StackArgumentsAfter = after?.StackArguments,
    };

    private static Dictionary<(ServiceTableKind Table, string Name), SyscallRow> ByName(Report<SyscallRow> report, List<string> notes)
    {
        var byName = new Dictionary<(ServiceTableKind Table, string Name), SyscallRow>();
        var passed = 0;
        foreach (var row in report.Rows)
        {
            if (row is not { Name: { } name, Table: { } table } || !byName.TryAdd((table, name), row))
            {
                passed++;
            }
        }

        if (passed > 0)
        {
            notes.Add($"{passed} services of {report.Target.Name} are not compared: they have no name of their own.");
        }

        return byName;
    }

    private static HashSet<ServiceTableKind> TablesOf(Dictionary<(ServiceTableKind Table, string Name), SyscallRow> rows) => [.. rows.Keys.Select(key => key.Table)];
}
