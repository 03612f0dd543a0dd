using System.CommandLine;
using System.Text.Json;
using NtScope.Cli.Options;
using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Reports;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab run</c>: loads a driver, sends it requests, unloads it, and says what it did wrong.</summary>
internal static class LabRunCommand
{
    private const int DefaultLimit = 600;

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var driver = new Argument<string[]>("driver") { Arity = ArgumentArity.OneOrMore, Description = "Compiled x64 drivers (.sys)" };
        var device = new Option<string?>("--device") { HelpName = "name", Description = @"The device for --read, --write and --ioctl (\\.\Zero); without it, the driver's first" };
        var read = new Option<int?>("--read") { HelpName = "bytes", Description = "Read from the device" };
        var write = new Option<string?>("--write") { HelpName = "hex", Description = "Write bytes to the device" };
        var control = new Option<string[]>("--ioctl") { HelpName = "code[:hex[:bytes]]", Description = "Send a control code, with input and the size of the output buffer" };
        var files = new Option<bool>("--fs") { Description = "Make, write, read, list, rename and delete files while the driver watches" };
        var directory = new Option<string>("--directory") { HelpName = "path", Description = "Where --fs does it", DefaultValueFactory = _ => @"C:\lab" };
        var scenario = new Option<string?>("--scenario") { HelpName = "file", Description = "A JSON array of lines as 'ntscope lab shell' takes them" };
        var trace = new Option<bool>("--trace") { Description = "Say each routine that the driver calls" };
        var fast = new Option<bool>("--no-verify") { Description = "Do not check each access to pool and user memory" };
        var fail = new Option<int>("--fail") { HelpName = "n", Description = "Let the n-th call that can fail do so: allocations, devices, registrations" };
        var failEach = new Option<bool>("--fail-each") { Description = "Run again and again with each such call failing in turn, told apart by its stack, until one run finds something" };
        var limit = new Option<int>("--time-limit") { HelpName = "seconds", Description = "When to give the machine up", DefaultValueFactory = _ => DefaultLimit };
        var command = new Command("run", "Loads a driver, sends it requests, unloads it, and says what it did wrong")
        {
            driver, device, read, write, control, files, directory, scenario, trace, fast, fail, failEach, limit,
        };
        var options = new ReportOptions(command);
        command.SetAction(parsed =>
        {
            var seconds = parsed.GetValue(limit) is > 0 and <= 86_400 and var number ? number : throw new InputException("--time-limit", "from 1 to 86400 seconds");
            var drivers = parsed.GetValue(driver)!;
            var wantsReport = options.AreUsed(parsed);
            if (!SupervisedProcess.IsInside)
            {
                var result = SupervisedProcess.Run(TimeSpan.FromSeconds(seconds), out var failure);
                if (failure is not null)
                {
                    var finding = new LabFinding("emulator", failure, null, null, []);
                    Write(parsed, options, drivers, wantsReport, [finding], [finding.ToString()]);
                }

                return result;
            }

            var plan = new LabRunPlan(
                drivers, parsed.GetValue(device), parsed.GetValue(read), parsed.GetValue(write), parsed.GetValue(control) ?? [],
                parsed.GetValue(files) ? parsed.GetValue(directory)!.TrimEnd('\\') : null, parsed.GetValue(scenario) is { } path ? ReadScenario(path) : [],
                parsed.GetValue(trace), !parsed.GetValue(fast));
            return Guard(() =>
            {
                using var transcript = wantsReport ? new StringWriter() : null;
                var destination = transcript ?? Console.Out;
                var run = parsed.GetValue(failEach)
                    ? RunEach(plan, destination)
                    : LabRun.Execute(plan, new FaultInjection { FailCall = parsed.GetValue(fail) }, destination);
                if (transcript is not null)
                {
                    Write(parsed, options, drivers, wantsReport, run.Findings, transcript.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
                }

                return run.ExitCode;
            });
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

    private static void Write(ParseResult parsed, ReportOptions options, string[] drivers, bool wantsReport, IReadOnlyList<LabFinding> findings, string[] lines)
    {
        if (wantsReport)
        {
            var target = new TargetSummary(string.Join(", ", drivers.Select(Path.GetFileName)), "lab", "x64", null, null);
            options.Write(parsed, new Report<LabFindingRow>("ntscope.lab-run/1", target, [.. findings.Select(finding => new LabFindingRow(finding))], lines));
            return;
        }

        foreach (var line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }

    private static LabRun RunEach(LabRunPlan plan, TextWriter destination)
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            using var text = new StringWriter();
            var run = LabRun.Execute(plan, new FaultInjection { TriedStacks = tried }, text);
            if (run.ExitCode != ExitCode.Done)
            {
                destination.WriteLine(run.FailedCall.Count == 0 ? "With no call failing:" : $"With this call failing, {tried.Count} of those that can:");
                foreach (var frame in run.FailedCall)
                {
                    destination.WriteLine("    " + NtScope.Rendering.VisibleText.Of(frame));
                }

                destination.Write(text.ToString());
                return run;
            }

            // The end is a run in which every call that can fail has failed before.
            if (run.FailedCall.Count == 0)
            {
                destination.WriteLine($"{tried.Count} calls, told apart by their stacks, failed in turn; nothing was found.");
                return run;
            }
        }
    }

    /// <summary>Reads the lines of a scenario.</summary>
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
}
