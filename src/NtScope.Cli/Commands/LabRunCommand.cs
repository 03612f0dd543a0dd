using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NtScope.Cli.Terminal;
using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab run</c>: loads a driver, sends it requests, unloads it, and says what it did wrong.</summary>
internal static class LabRunCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var driver = new Argument<string[]>("driver") { Arity = ArgumentArity.OneOrMore, Description = "Compiled x64 drivers (.sys)" };
        var device = new Option<string?>("--device") { HelpName = "name", Description = @"The device for --read, --write and --ioctl (\\.\Zero); without it, the driver's first" };
        var read = new Option<int?>("--read") { HelpName = "bytes", Description = "Read from the device" };
        var write = new Option<string?>("--write") { HelpName = "hex", Description = "Write bytes to the device" };
        var control = new Option<string[]>("--ioctl") { HelpName = "code[:hex[:bytes]]", Description = "Send a control code, with input and the size of the output buffer" };
        var scenario = new Option<string?>("--scenario") { HelpName = "file", Description = "A JSON array of lines as 'ntscope lab shell' takes them" };
        var trace = new Option<bool>("--trace") { Description = "Say each routine that the driver calls" };
        var fast = new Option<bool>("--no-verify") { Description = "Do not check each access to pool and user memory" };
        var fail = new Option<int>("--fail") { HelpName = "n", Description = "Let the n-th allocation of the driver fail" };
        var failEach = new Option<bool>("--fail-each") { Description = "Run again and again with each allocation failing in turn, until one run finds something" };
        var command = new Command("run", "Loads a driver, sends it requests, unloads it, and says what it did wrong")
        {
            driver, device, read, write, control, scenario, trace, fast, fail, failEach,
        };
        command.SetAction(parsed =>
        {
            var plan = new Plan(
                parsed.GetValue(driver)!, parsed.GetValue(device), parsed.GetValue(read), parsed.GetValue(write), parsed.GetValue(control) ?? [],
                parsed.GetValue(scenario) is { } path ? ReadScenario(path) : [], parsed.GetValue(trace), !parsed.GetValue(fast));
            return Guard(() => parsed.GetValue(failEach) ? RunEach(plan) : Run(plan, parsed.GetValue(fail), Console.Out, out _));
        });
        return command;
    }

    /// <summary>Runs something on a machine; a missing emulator is an input that cannot be used.</summary>
    internal static int Guard(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (CpuUnavailableException missing)
        {
            throw new InputException("ntscope lab", missing.Message, missing);
        }
    }

    private static int RunEach(Plan plan)
    {
        for (var call = 1; ; call++)
        {
            using var text = new StringWriter();
            var result = Run(plan, call, text, out var fallible);
            if (result != ExitCode.Done)
            {
                Console.Out.WriteLine($"With call {call} failing:");
                Console.Out.Write(text.ToString());
                return result;
            }

            // A run that fails early reaches fewer calls; the end is where the failing call is not reached any more.
            if (call > fallible)
            {
                Console.Out.WriteLine($"Each of {call - 1} calls failed in turn; nothing was found.");
                return ExitCode.Done;
            }
        }
    }

    private static int Run(Plan plan, int failCall, TextWriter destination, out int fallible)
    {
        using var output = new VisibleWriter(destination);
        using var machine = new LabMachine(new LabMachineOptions { Verify = plan.Verify, FaultInjection = new FaultInjection { FailCall = failCall } });
        var console = new LabConsole(machine, output);
        if (plan.Trace)
        {
            machine.Trace = (routine, place) => output.WriteLine($"{place} calls {routine}");
        }

        try
        {
            foreach (var path in plan.Drivers)
            {
                console.Load(path);
            }

            foreach (var line in Lines(plan, console))
            {
                output.WriteLine("> " + line);
                if (!console.Execute(line))
                {
                    fallible = 0;
                    return ExitCode.UnusableInput;
                }
            }

            foreach (var driver in console.Drivers.Values.Where(driver => (int)driver.Status >= 0).Reverse().ToArray())
            {
                console.Unload(driver.Name);
            }
        }
        catch (MachineStoppedException)
        {
            console.PrintDebugOutput();
            output.WriteLine("The machine stopped.");
            console.PrintFindings(machine.Findings);
        }

        fallible = machine.FallibleCalls;
        output.WriteLine($"{machine.Calls.ToString("N0", CultureInfo.InvariantCulture)} calls, {machine.Findings.Count} findings");
        return machine.Findings.Count == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    private static IEnumerable<string> Lines(Plan plan, LabConsole console)
    {
        var device = plan.Device ?? console.Drivers.Values.SelectMany(driver => driver.Devices).FirstOrDefault(name => name.Length > 0);
        if (device is null && (plan.Read is not null || plan.Write is not null || plan.Controls.Length > 0))
        {
            throw new InputException(plan.Drivers[0], "the driver has no device with a name; name one by --device");
        }

        if (plan.Read is { } bytes)
        {
            yield return $"read {device} {bytes}";
        }

        if (plan.Write is { } hex)
        {
            yield return $"write {device} {hex}";
        }

        foreach (var control in plan.Controls)
        {
            var parts = control.Split(':');
            yield return $"ioctl {device} {parts[0]} {(parts.Length > 1 && parts[1].Length > 0 ? parts[1] : "-")} {(parts.Length > 2 ? parts[2] : "64")}";
        }

        foreach (var line in plan.Scenario)
        {
            yield return line;
        }
    }

    /// <summary>Reads a scenario: a JSON array of lines.</summary>
    internal static IReadOnlyList<string> ReadScenario(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return [.. document.RootElement.EnumerateArray().Select(line => line.GetString() ?? string.Empty)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"a scenario is a JSON array of lines as 'ntscope lab shell' takes them: {exception.Message}", exception);
        }
    }

    private sealed record Plan(
        string[] Drivers, string? Device, int? Read, string? Write, string[] Controls, IReadOnlyList<string> Scenario, bool Trace, bool Verify);
}
