using System.CommandLine;
using NtScope.Targets;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope info</c>: what a target is and what can be asked of it.</summary>
internal static class InfoCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => ReportCommand.Create(
        "info",
        "Says what a file is: format, version, machine, symbols, and what can be asked of it",
        "An image, a capture, a folder or a known build",
        static (target, _) => TargetInfo.Describe(target));
}
