using System.Diagnostics;

namespace NtScope.Cli.Commands;

/// <summary>
/// Runs the command line a second time, in a process of its own: native code that fails or does not end takes that process with it and
/// not this one.
/// </summary>
internal static class SupervisedProcess
{
    private const string Marker = "NTSCOPE_SUPERVISED";
    private const int FirstSignal = 128;

    /// <summary>Whether this process is the one that is supervised.</summary>
    public static bool IsInside => Environment.GetEnvironmentVariable(Marker) == "1";

    /// <summary>Does work that calls the CPU emulator: here if this is the supervised process, else in one, whose failure is said in a line.</summary>
    public static int Supervise(Func<int> work)
    {
        if (IsInside)
        {
            return LabRunCommand.Guard(work);
        }

        Interruption.LeaveToShell();
        var result = Run(Timeout.InfiniteTimeSpan, out var failure);
        if (failure is not null)
        {
            Console.Out.WriteLine($"emulator: {failure}");
        }

        return result;
    }

    /// <summary>Runs the process to its end, with this one's standard streams.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="failure">How it died; null if it ended by itself.</param>
    /// <returns>Its exit code.</returns>
    public static int Run(TimeSpan limit, out string? failure)
    {
        var arguments = Environment.GetCommandLineArgs();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(arguments[0]);
        }

        foreach (var argument in arguments.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[Marker] = "1";

        // Ctrl+C goes to both processes; this one waits for what the other makes of it.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        using var process = Process.Start(start)!;
        failure = null;
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            failure = $"the machine did not end within {limit.TotalSeconds:0} seconds (--time-limit) and was killed";
            return ExitCode.Findings;
        }

        if (process.ExitCode is not (ExitCode.Done or ExitCode.Findings or ExitCode.UnusableInput or ExitCode.InternalError or ExitCode.Cancelled))
        {
            failure = $"the CPU emulator failed and took the machine's process with it ({Describe(process.ExitCode)})";
            return ExitCode.Findings;
        }

        return process.ExitCode;
    }

    private static string Describe(int code) => code switch
    {
        FirstSignal + 4 => "illegal instruction",
        FirstSignal + 6 => "it aborted",
        FirstSignal + 8 => "arithmetic error",
        FirstSignal + 9 => "it was killed",
        FirstSignal + 11 => "segmentation fault",
        _ => $"exit code {code}",
    };
}
