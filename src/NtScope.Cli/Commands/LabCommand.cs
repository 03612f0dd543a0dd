using System.CommandLine;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope lab</c>: the simulated machine.</summary>
internal static class LabCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => new("lab", "Builds a simulated Windows machine, to try things out on")
    {
        LabCaptureCommand.Create(),
        LabRunCommand.Create(),
        LabShellCommand.Create(),
    };
}
