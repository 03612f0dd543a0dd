using System.CommandLine;
using NtScope.Callbacks;
using NtScope.Kernel;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope callbacks</c>: who is notified of what.</summary>
internal static class CallbacksCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => ReportCommand.Create(
        "callbacks",
        "Lists who is notified of process, thread, image, registry and object events, of shutdown and bug checks; minifilters",
        MachineInput.Description,
        static (target, cancellation) => CallbackAnalyser.Analyse(target, new WalkOptions { Cancellation = cancellation }));
}
