using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Kernel;
using NtScope.Knowledge;
using NtScope.Syscalls.Verification;
using NtScope.Targets;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope syscalls verify</c>: whether the service tables of a machine are as its images have them.</summary>
internal static class SyscallsVerifyCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("verify", "Proves the service tables of a capture against the images' files or what is known of them; ends with 1 if something is wrong");
        var input = new TargetInput(command, "A crash dump or memory capture");
        var images = new Option<string?>("--images") { HelpName = "folder", Description = "Where the machine's own images are (ntoskrnl.exe, win32k.sys, ...), in any folders below; found by identity" };
        command.Add(images);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            using var target = input.Open(parsed, progress, cancellation);
            using var folder = parsed.GetValue(images) is { } path ? ImageFolder.Open(path, cancellation) : null;
            var report = ServiceVerifier.Verify(target, KnowledgeBase.Embedded, folder, new WalkOptions { Cancellation = cancellation });
            progress.Dispose();
            options.Write(parsed, report);
            return report.Rows.Count == 0 ? ExitCode.Done : ExitCode.Findings;
        });
        return command;
    }
}
