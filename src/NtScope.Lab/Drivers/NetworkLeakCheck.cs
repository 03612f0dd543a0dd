using NtScope.Lab.Executive;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Drivers;

/// <summary>Looks for what a driver left behind in the filter engine.</summary>
internal static class NetworkLeakCheck
{
    /// <summary>Reports what is left.</summary>
    public static void Run(LabKernel kernel, LoadedDriver driver)
    {
        var engine = kernel.Network;
        foreach (var callout in engine.Callouts.Where(callout => callout.Owner == driver))
        {
            kernel.Verifier.ReportLeft("callout-left", $"callout {callout.Key} with {kernel.Drivers.Describe(callout.Classify)} is still registered", driver, callout.Origin);
            if (engine.ContextsOf(callout) is > 0 and var contexts)
            {
                kernel.Verifier.ReportLeft("flow-context-left", $"callout {callout.Key} still keeps contexts for {contexts} flows", driver, callout.Origin);
            }
        }

        foreach (var item in engine.Objects.Where(item => item.Owner == driver))
        {
            kernel.Verifier.ReportLeft("filter-left", $"{item.Kind} {item.Key} ('{item.Name}') is still in the filter engine", driver, item.Origin);
        }

        foreach (var session in engine.Sessions.Where(session => session.Owner == driver))
        {
            kernel.Verifier.ReportLeft("handle-leak", $"handle 0x{session.Handle:x} of the filter engine is not closed", driver, session.Origin);
        }

        foreach (var (handle, known) in engine.Injections.Where(known => known.Value.Owner == driver))
        {
            kernel.Verifier.ReportLeft("handle-leak", $"injection handle 0x{handle:x} is not closed", driver, known.Origin);
        }
    }
}
