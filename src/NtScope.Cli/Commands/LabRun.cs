using System.Globalization;
using NtScope.Cli.Terminal;
using NtScope.Lab.Drivers;

namespace NtScope.Cli.Commands;

/// <summary>One run of a plan on a machine of its own.</summary>
internal sealed class LabRun
{
    private LabRun(IReadOnlyList<LabFinding> findings, IReadOnlyList<string> failedCall, bool isComplete)
    {
        Findings = findings;
        FailedCall = failedCall;
        IsComplete = isComplete;
    }

    /// <summary>What the drivers did wrong.</summary>
    public IReadOnlyList<LabFinding> Findings { get; }

    /// <summary>The stack of the call that failed on purpose; empty if none did.</summary>
    public IReadOnlyList<string> FailedCall { get; }

    /// <summary>Whether all lines could be executed.</summary>
    public bool IsComplete { get; }

    /// <summary>The exit code that says how it went.</summary>
    public int ExitCode => !IsComplete ? Cli.ExitCode.UnusableInput : Findings.Count == 0 ? Cli.ExitCode.Done : Cli.ExitCode.Findings;

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="faults">What fails on purpose.</param>
    /// <param name="destination">Where the transcript goes.</param>
    public static LabRun Execute(LabRunPlan plan, FaultInjection faults, TextWriter destination)
    {
        using var output = new VisibleWriter(destination);
        using var machine = new LabMachine(new LabMachineOptions { Verify = plan.Verify, FaultInjection = faults });
        var console = new LabConsole(machine, output);
        if (plan.Trace)
        {
            machine.Trace = (routine, place) => output.WriteLine($"{place} calls {routine}");
        }

        var isComplete = true;
        try
        {
            isComplete = Execute(plan, console, output);
        }
        catch (MachineStoppedException)
        {
            console.PrintDebugOutput();
            output.WriteLine("The machine stopped.");
        }

        console.PrintNewFindings();

        output.WriteLine($"{machine.Calls.ToString("N0", CultureInfo.InvariantCulture)} calls, {machine.Findings.Count} findings");
        return new LabRun([.. machine.Findings], machine.FailedCall, isComplete);
    }

    private static bool Execute(LabRunPlan plan, LabConsole console, TextWriter output)
    {
        foreach (var path in plan.Drivers)
        {
            console.Load(path);
        }

        foreach (var line in plan.Lines(console))
        {
            output.WriteLine("> " + line);
            if (!console.Execute(line))
            {
                return false;
            }
        }

        foreach (var driver in console.Drivers.Values.Where(driver => (int)driver.Status >= 0).Reverse().ToArray())
        {
            console.Unload(driver.Name);
        }

        return true;
    }
}
