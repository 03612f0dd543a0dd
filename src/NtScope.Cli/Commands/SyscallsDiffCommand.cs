using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Knowledge;
using NtScope.Reports;
using NtScope.Syscalls;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope syscalls diff</c>: what changed between two targets.</summary>
internal static class SyscallsDiffCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("diff", "Compares the system calls of two targets: added, removed, moved, argument count changed");
        var before = new Argument<string>("before") { Description = "A known build, an image, a folder or a capture" };
        var after = new Argument<string>("after") { Description = "What to compare it with" };
        command.Add(before);
        command.Add(after);
        var symbols = new SymbolsOption(command);
        var tables = new TableOption(command);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            var report = SyscallDiff.Compare(ServicesOf(before), ServicesOf(after));
            progress.Dispose();
            options.Write(parsed, report);
            return ExitCode.Done;

            Report<SyscallRow> ServicesOf(Argument<string> argument)
            {
                using var target = symbols.Open([parsed.GetValue(argument)!], parsed, progress, cancellation);
                return SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, tables.Of(parsed, cancellation));
            }
        });
        return command;
    }
}
