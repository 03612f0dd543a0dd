using NtScope.Reports;

namespace NtScope.Kernel.Processes;

/// <summary>Lists processes, cross-viewed.</summary>
public static class ProcessAnalyser
{
    /// <summary>All processes, by ID.</summary>
    /// <exception cref="InputException">The target has no kernel or layouts.</exception>
    public static Report<ProcessRow> Analyse(Target target, SurveyOptions? options = null)
    {
        var context = new KernelContext(target, options?.Cancellation ?? default);
        var survey = ProcessSurvey.Take(context, options ?? new SurveyOptions());
        var sessions = new SessionReader(context);
        var rows = survey.Processes
            .Select(process => RowOf(context, survey, sessions, process))
            .OrderBy(row => row.Pid ?? long.MaxValue).ThenBy(row => row.Object)
            .ToList();
        return new Report<ProcessRow>(ProcessRow.Schema, target.Summary, rows, context.Notes);
    }

    private static ProcessRow RowOf(KernelContext context, ProcessSurvey survey, SessionReader sessions, Sighting sighting)
    {
        var findings = new List<Finding>();
        var process = context.At("_EPROCESS", sighting.Address, findings);
        var pid = process.Number("UniqueProcessId");
        var exited = KernelText.Time(process.Number("ExitTime"));
        if (!sighting.IsListed && exited is null && pid is not 0)
        {
            findings.Add(survey.IsListWhole
                ? new Finding(FindingKinds.Unlinked, $"The process runs but is not in the kernel's list of processes; seen by {string.Join(", ", sighting.SeenBy)}")
                : new Finding("not-in-list", "The process was not met in the list of processes, which could not be followed to its end"));
        }

        if (survey.HasBrokenLink(sighting.Address))
        {
            findings.Add(new Finding(FindingKinds.BrokenLink, "The process before this one in the list is not the one it points back at"));
        }

        return new ProcessRow(
            (long?)pid,
            (long?)process.Number("InheritedFromUniqueProcessId"),
            process.Characters("ImageFileName"),
            sessions.SessionOf(sighting.Address, findings),
            sighting.Address,
            process.Number("Pcb.DirectoryTableBase"),
            KernelText.Time(process.Number("CreateTime")),
            exited,
            sighting.SeenBy,
            findings);
    }
}
