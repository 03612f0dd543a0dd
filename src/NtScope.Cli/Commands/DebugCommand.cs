using System.CommandLine;
using NtScope.Cli.Debugger;
using NtScope.Cli.Terminal;
using NtScope.Debugging;
using NtScope.Symbols;
using NtScope.Targets;
using NtScope.Windows.Processes;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope debug</c>: WinDbg's commands over any target.</summary>
internal static class DebugCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("debug", "WinDbg's commands (dd, u, dt, x, s, !process ...) over an image, a known build, a capture, a running process or a machine of the lab");
        var targets = new Argument<string[]>("target") { Arity = ArgumentArity.ZeroOrMore, Description = "A known build (10.0.18362.476), images, a folder of images, a capture, or a machine that runs drivers (lab:a.sys,b.sys)" };
        var process = new Option<string?>("--process", "-p") { HelpName = "ID|name", Description = "A process: of the capture named as target, else one that runs on this Windows" };
        var commands = new Option<string[]>("--command", "-c") { HelpName = "commands", Description = "Run these commands, separated by ;, and end" };
        var script = new Option<string?>("--file", "-f") { HelpName = "script", Description = "Run the commands in a file and end" };
        var symbols = new Option<string?>("--symbols") { HelpName = "path", Description = "Where symbols are: folders, srv*STORE*SERVER; without it, _NT_SYMBOL_PATH" };
        var format = new Option<string>("--format") { HelpName = "text|json", DefaultValueFactory = _ => "text", Description = "json writes one document a command, on one line" };
        var echo = new Option<bool>("--echo") { Description = "Write prompt and command before the output, as a transcript has them" };
        var pager = new Option<bool>("--pager") { Description = "Show output longer than the terminal in $PAGER" };
        var engine = new Option<bool>("--engine") { Description = "Place carets as newer debugger engines do: behind the command, with the prompt counted", Hidden = true };
        format.AcceptOnlyFromAmong("text", "json");
        command.Add(targets);
        command.Add(process);
        command.Add(commands);
        command.Add(script);
        command.Add(symbols);
        command.Add(format);
        command.Add(echo);
        command.Add(pager);
        command.Add(engine);
        command.SetAction((parsed, cancellation) => Task.FromResult(
            LabTarget.IsNamedBy(parsed.GetValue(targets)!) ? SupervisedProcess.Supervise(() => Run(parsed, cancellation)) : Run(parsed, cancellation)));
        return command;

        int Run(ParseResult parsed, CancellationToken cancellation)
        {
            var names = parsed.GetValue(targets)!;
            using var machine = LabTarget.Open(names, parsed.GetValue(symbols));
            using var target = machine is null ? Open(names, parsed.GetValue(process), parsed.GetValue(symbols), cancellation) : null;
            using var session = machine is null ? new DebuggerSession(target!) : new DebuggerSession(machine);
            session.CaretsCountPrompt = parsed.GetValue(engine);
            var shell = new DebuggerShell(session, new ShellOptions
            {
                IsJson = parsed.GetValue(format) == "json",
                Echoes = parsed.GetValue(echo),
                Pages = parsed.GetValue(pager),
            });
            if (parsed.GetValue(commands) is { Length: > 0 } lines)
            {
                return shell.RunLines(lines, cancellation);
            }

            return parsed.GetValue(script) is { } path ? shell.RunLines([$"$$>< {path}"], cancellation) : shell.Run();
        }
    }

    private static Target Open(string[] names, string? process, string? symbols, CancellationToken cancellation)
    {
        if (names.Length == 0)
        {
            return OpenRunning(process ?? throw new InputException("debug", "name a target (a known build, an image, a capture), or a process with --process"));
        }

        using var progress = new ProgressLine();
        var target = TargetOpener.Open(names, new TargetOptions
        {
            Symbols = SymbolPath.Parse(symbols ?? Environment.GetEnvironmentVariable("_NT_SYMBOL_PATH") ?? string.Empty),
            Progress = progress,
            Cancellation = cancellation,
        });
        try
        {
            return process is null ? target : ProcessTarget.Of(target, process);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    private static Target OpenRunning(string process) => LiveWindows.IsHere
        ? LiveProcess.Open(process)
        : throw new InputException($"process {process}", "running processes can be read on Windows only, and this is none: name a capture and take the process from it (debug CAPTURE --process ID)");
}
