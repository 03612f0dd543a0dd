using NtScope.Kernel;
using NtScope.Reports;

namespace NtScope.Callbacks;

/// <summary>Lists who is notified of what: the routines that drivers registered with the kernel.</summary>
public static class CallbackAnalyser
{
    /// <summary>All callbacks, by kind. The notes name the kinds that could not be found and why.</summary>
    /// <param name="target">A machine's memory.</param>
    /// <param name="options">How to walk it.</param>
    /// <exception cref="InputException">The target has no kernel or layouts.</exception>
    public static Report<CallbackRow> Analyse(Target target, WalkOptions? options = null)
    {
        var collector = new CallbackCollector(new KernelContext(target, options?.Cancellation ?? default));
        NotifyArrays.Collect(collector);
        RegistryCallbacks.Collect(collector);
        ObjectCallbacks.Collect(collector);
        SystemEventCallbacks.Collect(collector);
        MinifilterCallbacks.Collect(collector);
        return new Report<CallbackRow>(CallbackRow.Schema, target.Summary, collector.Rows, collector.Context.Notes);
    }
}
