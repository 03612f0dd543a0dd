using System.Diagnostics;
using System.Globalization;
using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;

namespace NtScope.Benchmarks;

/// <summary>What the lab does in a second of processor time: <c>NtScope.Benchmarks lab FOLDER</c> with the sample drivers.</summary>
internal static class LabThroughput
{
    private const uint Nothing = 0x8000A007;

    /// <summary>Measures and prints.</summary>
    public static int Run(string folder)
    {
        Print("first driver, loaded to unloaded", Time(() => Cycle(folder), 1).TotalMilliseconds, "ms");
        const int Cycles = 50;
        Print("a further one", Time(() => Cycle(folder), Cycles).TotalMilliseconds / Cycles, "ms");
        Print("the emulator alone: calls of a routine that returns at once", EmptyCalls(), "a second");
        foreach (var verify in new[] { false, true })
        {
            var options = new LabMachineOptions { Verify = verify };
            var mode = verify ? "verified" : "not verified";
            Print($"requests through a dispatch routine, {mode}", Requests(folder, options), "a second");
            Print($"process notifications (start and end), {mode}", Notifications(folder, options), "a second");
            Print($"process-create notifications, {mode}", CreateNotifications(folder, options), "a second");
        }

        const int Machines = 10_000;
        var before = Environment.WorkingSet;
        var machines = Time(() => new LabMachine().Dispose(), Machines);
        Print($"machines made and disposed ({Machines})", Machines / machines.TotalSeconds, "a second");
        Print("growth of the process over them", (Environment.WorkingSet - before) / 1048576.0, "MiB");
        return 0;
    }

    private static void Cycle(string folder)
    {
        using var machine = new LabMachine();
        machine.LoadDriver(Path.Combine(folder, "zero.sys")).Unload();
    }

    // The same path that a request takes without its request: the processor starts, runs a few instructions, stops at the return.
    private static double EmptyCalls() => LabCpuSpeed.Measure(TimeSpan.FromSeconds(2));

    private static double Requests(string folder, LabMachineOptions options)
    {
        using var machine = new LabMachine(options);
        machine.LoadDriver(Path.Combine(folder, "zero.sys"));
        using var device = machine.OpenDevice(@"\\.\Zero");
        return Measure(() => device.Control(Nothing), 300_000);
    }

    private static double Notifications(string folder, LabMachineOptions options)
    {
        using var machine = new LabMachine(options);
        machine.LoadDriver(Path.Combine(folder, "procblock.sys"));
        return 2 * Measure(() => machine.StartProcess(@"C:\a.exe").Exit(), 50_000);
    }

    // Starts by the clock, without the ends between them.
    private static double CreateNotifications(string folder, LabMachineOptions options)
    {
        const int Starts = 100_000;
        using var machine = new LabMachine(options);
        machine.LoadDriver(Path.Combine(folder, "procblock.sys"));
        var ticks = 0L;
        for (var i = 0; i < 2 * Starts; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var process = machine.StartProcess(@"C:\a.exe");
            ticks += i < Starts ? 0 : Stopwatch.GetTimestamp() - start;
            process.Exit();
        }

        return Starts / ((double)ticks / Stopwatch.Frequency);
    }

    private static double Measure(Action action, int count)
    {
        // Code is compiled in steps while it runs; what is measured comes after the last.
        for (var i = 0; i < count; i++)
        {
            action();
        }

        return count / Time(action, count).TotalSeconds;
    }

    // Processor time: on a busy machine the clock on the wall measures the others too.
    private static TimeSpan Time(Action action, int count)
    {
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < count; i++)
        {
            action();
        }

        return Environment.CpuUsage.TotalTime - start;
    }

    private static void Print(string what, double value, string unit) =>
        Console.WriteLine($"{what,-58} {value.ToString(value < 1000 ? "F1" : "N0", CultureInfo.InvariantCulture),12} {unit}");
}
