using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Kernel;
using NtScope.Kernel.Objects;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope objects</c>: the object namespace.</summary>
internal static class ObjectsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("objects", "Lists the object namespace: paths, types, where symbolic links lead");
        var words = new Argument<string[]>("path and target")
        {
            Arity = new ArgumentArity(1, 2),
            HelpName = @"[\path] target",
            Description = $@"{MachineInput.Description}; before it, the directory to list (\Device)",
        };
        command.Add(words);
        var symbols = new SymbolsOption(command);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            var (path, target) = Split(parsed.GetValue(words)!);
            using var progress = new ProgressLine();
            using var machine = symbols.Open([target], parsed, progress, cancellation);
            var report = ObjectAnalyser.Analyse(machine, path, new WalkOptions { Cancellation = cancellation });
            progress.Dispose();
            options.Write(parsed, report);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A path of the namespace begins with one backslash; a file's on a server begins with two.</summary>
    private static (string? Path, string Target) Split(string[] words)
    {
        var path = Array.FindIndex(words, word => word.StartsWith('\\') && !word.StartsWith(@"\\", StringComparison.Ordinal));
        return words.Length == 1 ? (null, words[0])
            : path >= 0 ? (words[path], words[1 - path])
            : throw new InputException("objects", $@"{words[0]} is no path of the namespace: it begins with a backslash, as in objects \Device capture.dmp");
    }
}
