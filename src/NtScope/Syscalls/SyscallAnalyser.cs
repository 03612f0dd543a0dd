using NtScope.Knowledge;
using NtScope.Reports;

namespace NtScope.Syscalls;

/// <summary>
/// Lists the system services of a target: what tables, stubs, symbols, exports and imports say of each is joined by its number, and where
/// they disagree the row says so. What is read from the target wins over what is published of its build.
/// </summary>
public static class SyscallAnalyser
{
    /// <summary>Lists the services of a target.</summary>
    /// <param name="target">A known build, images, or the memory of a machine.</param>
    /// <param name="knowledge">What is known of real builds.</param>
    /// <param name="options">What to list.</param>
    /// <exception cref="InputException">The target holds no system services at all.</exception>
    public static Report<SyscallRow> Analyse(Target target, KnowledgeBase knowledge, SyscallOptions options)
    {
        var records = new ServiceRecords();
        records.Notes.AddRange(target.Notes);
        if (target.Kind == TargetKind.KnownBuild)
        {
            KnownServices.Collect(target, knowledge, options, records);
        }
        else
        {
            new ModuleServices(target, knowledge, options, records).Collect();
        }

        RequireServices(target, records, options);
        var rows = new List<SyscallRow>(records.Count + records.WithoutIndex.Count);
        foreach (var record in records.All.Concat(records.WithoutIndex))
        {
            if (record.Index?.Table is not { } table || options.Wants(table))
            {
                rows.Add(record.ToRow(knowledge, target.Architecture));
            }
        }

        return new Report<SyscallRow>(SyscallRow.Schema, target.Summary, rows, records.Notes);
    }

    /// <summary>An empty list would look like a machine without services; say instead what was looked for.</summary>
    private static void RequireServices(Target target, ServiceRecords records, SyscallOptions options)
    {
        if (records.Count + records.WithoutIndex.Count > 0)
        {
            return;
        }

        foreach (var module in target.Modules)
        {
            if (module.Image is { Problems: [var problem, ..] })
            {
                throw problem;
            }
        }

        var reasons = records.Notes.Count > 0 ? ": " + string.Join(" ", records.Notes) : string.Empty;
        var wanted = options.Tables.Count > 0 ? $" in the table {string.Join(", ", options.Tables.Select(table => SyscallRow.TextOf(table)))}" : string.Empty;
        throw new InputException(
            target.Summary.Name,
            $"no system services were found{wanted}; they are in ntoskrnl.exe, win32k.sys, ntdll.dll, win32u.dll and iumdll.dll{reasons}");
    }
}
