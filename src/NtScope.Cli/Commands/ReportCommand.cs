using System.CommandLine;
using NtScope.Cli.Options;
using NtScope.Cli.Terminal;
using NtScope.Reports;

namespace NtScope.Cli.Commands;

/// <summary>Makes the verbs that put one question to one target and write the report.</summary>
internal static class ReportCommand
{
    /// <summary>A verb.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it shows, for its help.</param>
    /// <param name="targets">What it takes, for its help.</param>
    /// <param name="analyse">The question.</param>
    public static Command Create(string name, string description, string targets, Func<Target, CancellationToken, IReport> analyse)
    {
        var command = new Command(name, description);
        var input = new TargetInput(command, targets);
        var options = new ReportOptions(command);
        command.SetWork((parsed, cancellation) =>
        {
            using var progress = new ProgressLine();
            using var target = input.Open(parsed, progress, cancellation);
            var report = analyse(target, cancellation);
            progress.Dispose();
            options.Write(parsed, report);
            return ExitCode.Done;
        });
        return command;
    }
}
