using System.CommandLine;
using NtScope.Cli.Debugger;
using NtScope.Cli.Terminal;
using NtScope.Debugging;
using NtScope.Symbols;
using NtScope.Targets;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope debug</c>: WinDbg's commands over any target.</summary>
internal static class DebugCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("debug", "WinDbg's commands (dd, u, dt, x, s, !process ...) over an image, a known build or a capture");
        var targets = new Argument<string[]>("target") { Arity = ArgumentArity.OneOrMore, Description = "A known build (10.0.18362.476), images, a folder of images, or a capture" };
        var commands = new Option<string[]>("--command", "-c") { HelpName = "commands", Description = "Run these commands, separated by ;, and end" };
        var script = new Option<string?>("--file", "-f") { HelpName = "script", Description = "Run the commands in a file and end" };
        var symbols = new Option<string?>("--symbols") { HelpName = "path", Description = "Where symbols are: folders, srv*STORE*SERVER; without it, _NT_SYMBOL_PATH" };
        var format = new Option<string>("--format") { HelpName = "text|json", DefaultValueFactory = _ => "text", Description = "json writes one document a command, on one line" };
        var echo = new Option<bool>("--echo") { Description = "Write prompt and command before the output, as a transcript has them" };
        var pager = new Option<bool>("--pager") { Description = "Show output longer than the terminal in $PAGER" };
        var engine = new Option<bool>("--engine") { Description = "Place carets as newer debugger engines do: behind the command, with the prompt counted", Hidden = true };
        format.AcceptOnlyFromAmong("text", "json");
        command.Add(targets);
        command.Add(commands);
        command.Add(script);
        command.Add(symbols);
        command.Add(format);
        command.Add(echo);
        command.Add(pager);
        command.Add(engine);
        command.SetAction((parsed, cancellation) =>
        {
            using var target = Open(parsed.GetValue(targets)!, parsed.GetValue(symbols), cancellation);
            using var session = new DebuggerSession(target) { CaretsCountPrompt = parsed.GetValue(engine) };
            var shell = new DebuggerShell(session, new ShellOptions
            {
                IsJson = parsed.GetValue(format) == "json",
                Echoes = parsed.GetValue(echo),
                Pages = parsed.GetValue(pager),
            });
            if (parsed.GetValue(commands) is { Length: > 0 } lines)
            {
                return Task.FromResult(shell.RunLines(lines, cancellation));
            }

            return Task.FromResult(parsed.GetValue(script) is { } path ? shell.RunLines([$"$$>< {path}"], cancellation) : shell.Run());
        });
        return command;
    }

    private static Target Open(IReadOnlyList<string> names, string? symbols, CancellationToken cancellation)
    {
        using var progress = new ProgressLine();
        return TargetOpener.Open(names, new TargetOptions
        {
            Symbols = SymbolPath.Parse(symbols ?? Environment.GetEnvironmentVariable("_NT_SYMBOL_PATH") ?? string.Empty),
            Progress = progress,
            Cancellation = cancellation,
        });
    }
}
