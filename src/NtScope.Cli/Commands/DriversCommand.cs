using System.CommandLine;
using NtScope.Kernel.Drivers;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope drivers</c>: driver objects, dispatch tables, devices.</summary>
internal static class DriversCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => SurveyCommand.Create(
        "drivers",
        "Lists driver objects, where each dispatch routine leads, and device stacks (--columns name,dispatch,devices); shows those that are hidden from the namespace",
        static _ => { },
        static (target, _, options) => DriverAnalyser.Analyse(target, options));
}
