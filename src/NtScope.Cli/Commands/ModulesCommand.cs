using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Kernel.Modules;
using NtScope.Kernel.Processes;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope modules</c>: loaded, hidden and unloaded modules.</summary>
internal static class ModulesCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("modules", "Lists the kernel's modules: loaded, and unloaded lately; with --scan those that are hidden from its list");
        var input = new TargetInput(command, MachineInput.Description);
        var scan = new Option<bool>("--scan") { Description = "Search all memory for images that are not in the list of modules" };
        command.Add(scan);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            using var target = input.Open(parsed, progress, cancellation);
            var report = ModuleAnalyser.Analyse(target, parsed.GetValue(scan) ? new SurveyOptions { Progress = progress, Cancellation = cancellation } : null);
            progress.Dispose();
            options.Write(parsed, report);
            return ExitCode.Done;
        });
        return command;
    }
}
