using System.CommandLine;
using NtScope.Kernel.Processes;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope processes</c>: processes, cross-viewed.</summary>
internal static class ProcessesCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => SurveyCommand.Create(
        "processes",
        "Lists processes by the kernel's list, the table of IDs, a scan of memory and their threads; one missing from the list is said to be unlinked",
        static _ => { },
        static (target, _, options) => ProcessAnalyser.Analyse(target, options));
}
