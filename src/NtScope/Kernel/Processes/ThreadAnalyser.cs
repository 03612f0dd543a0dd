using System.Globalization;
using NtScope.Reports;

namespace NtScope.Kernel.Processes;

/// <summary>Lists threads, cross-viewed.</summary>
public static class ThreadAnalyser
{
    /// <summary>_KTHREAD_STATE by value.</summary>
    private static readonly string[] States =
        ["initialized", "ready", "running", "standby", "terminated", "waiting", "transition", "deferred-ready", "gate-wait", "waiting-for-swap-in"];

    /// <summary>All threads, by the IDs of their process and their own.</summary>
    /// <param name="target">A machine's memory.</param>
    /// <param name="pid">Only those of this process; null for all.</param>
    /// <param name="options">How to look for them.</param>
    /// <exception cref="InputException">The target has no kernel or layouts.</exception>
    public static Report<ThreadRow> Analyse(Target target, long? pid = null, SurveyOptions? options = null)
    {
        var context = new KernelContext(target, options?.Cancellation ?? default);
        var survey = ProcessSurvey.Take(context, options ?? new SurveyOptions());
        var rows = survey.Threads
            .Select(thread => RowOf(context, survey, thread))
            .Where(row => pid is null || row.Pid == pid)
            .OrderBy(row => row.Pid ?? long.MaxValue).ThenBy(row => row.Tid ?? long.MaxValue).ThenBy(row => row.Object)
            .ToList();
        return new Report<ThreadRow>(ThreadRow.Schema, target.Summary, rows, context.Notes);
    }

    private static ThreadRow RowOf(KernelContext context, ProcessSurvey survey, Sighting sighting)
    {
        var findings = new List<Finding>();
        var thread = context.At("_ETHREAD", sighting.Address, findings);
        var start = thread.Pointer("Win32StartAddress", "StartAddress") is { IsZero: false } own ? own : thread.Pointer("StartAddress");
        var owner = start is { } address ? context.OwnerOf(address) : default;
        var exited = KernelText.Time(thread.Number("ExitTime"));
        var state = thread.Number("Tcb.State");
        var hasEnded = state == 4;
        var process = ProcessSurvey.ProcessOf(context, sighting.Address);
        if (!sighting.IsListed && !hasEnded && !(process is { } owning && survey.HasBrokenThreadList(owning)))
        {
            findings.Add(new Finding(FindingKinds.Unlinked, $"The thread lives but is not in its process's list; seen by {string.Join(", ", sighting.SeenBy)}"));
        }

        if (start is { } code && code.Value >= HighestUserAddress(context) && !hasEnded && context.IsOutsideModules(code))
        {
            findings.Add(new Finding(FindingKinds.OutsideModules, "The thread's routine lies outside every loaded module"));
        }

        return new ThreadRow(
            (long?)thread.Number("Cid.UniqueThread"),
            (long?)thread.Number("Cid.UniqueProcess"),
            process is { } named ? context.At("_EPROCESS", named, findings).Characters("ImageFileName") : null,
            sighting.Address,
            state is { } number ? (number < (ulong)States.Length ? States[number] : number.ToString(CultureInfo.InvariantCulture)) : null,
            start,
            owner.Module?.Name,
            owner.Symbol,
            KernelText.Time(CreateTime(context, thread)),
            hasEnded ? exited : null,
            sighting.SeenBy,
            findings);
    }

    private static ulong HighestUserAddress(KernelContext context) => context.PointerSize == sizeof(ulong) ? 0xFFFF_8000_0000_0000 : 0x8000_0000;

    /// <summary>Up to Server 2003 the time is shifted left by three to leave room for flags.</summary>
    private static ulong? CreateTime(KernelContext context, StructureView thread) =>
        thread.Number("CreateTime") is { } time ? (context.Kernel.Version is { Major: < 6 } ? time >> 3 : time) : null;
}
