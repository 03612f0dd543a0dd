using System.CommandLine;
using NtScope.Kernel.Processes;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope threads</c>: threads, cross-viewed.</summary>
internal static class ThreadsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var pid = new Option<long?>("--pid") { Description = "Only the threads of this process" };
        return SurveyCommand.Create(
            "threads",
            "Lists threads by their processes, the table of IDs and a scan of memory",
            command => command.Add(pid),
            (target, parsed, options) => ThreadAnalyser.Analyse(target, parsed.GetValue(pid), options));
    }
}
