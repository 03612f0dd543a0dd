using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Knowledge;
using NtScope.Syscalls;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope syscalls</c>: the system services of a target.</summary>
internal static class SyscallsCommand
{
    /// <summary>The verb with those below it.</summary>
    public static Command Create()
    {
        var command = new Command("syscalls", "Lists the system calls of a known build, of images, of a folder or of a capture")
        {
            SyscallsFindCommand.Create(),
            SyscallsDiffCommand.Create(),
            SyscallsVerifyCommand.Create(),
        };
        var input = new TargetInput(command, "A known build (10.0.18362.476), images, a folder or a capture; on Windows, none means System32");
        var tables = new TableOption(command);
        var prototypes = new Option<bool>("--prototypes") { Description = "Show the declarations too" };
        command.Add(prototypes);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            using var target = input.Open(parsed, progress, cancellation);
            var report = SyscallAnalyser.Analyse(target, KnowledgeBase.Embedded, tables.Of(parsed, cancellation));
            progress.Dispose();
            options.Write(parsed, report, parsed.GetValue(prototypes) ? ["prototype"] : []);
            return ExitCode.Done;
        });
        return command;
    }
}
