using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Cli.Commands;

/// <summary>Makes the verbs that look for processes and threads in every way there is.</summary>
internal static class SurveyCommand
{
    /// <summary>A verb.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it shows, for its help.</param>
    /// <param name="addOptions">Adds what else it takes.</param>
    /// <param name="analyse">The question.</param>
    public static Command Create(string name, string description, Action<Command> addOptions, Func<Target, ParseResult, SurveyOptions, IReport> analyse)
    {
        var command = new Command(name, description);
        var input = new TargetInput(command, MachineInput.Description);
        var noScan = new Option<bool>("--no-scan") { Description = "Do not scan memory for pool tags: faster, but what is in no list or table stays unseen" };
        command.Add(noScan);
        addOptions(command);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            using var target = input.Open(parsed, progress, cancellation);
            var report = analyse(target, parsed, new SurveyOptions { ScanPool = !parsed.GetValue(noScan), Progress = progress, Cancellation = cancellation });
            progress.Dispose();
            options.Write(parsed, report);
            return ExitCode.Done;
        });
        return command;
    }
}
