using System.CommandLine;
using NtScope.Kernel.Modules;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope modules</c>: loaded and unloaded modules.</summary>
internal static class ModulesCommand
{
    /// <summary>The verb.</summary>
    public static Command Create() => ReportCommand.Create(
        "modules",
        "Lists the kernel's modules: loaded, and unloaded lately",
        MachineInput.Description,
        static (target, _) => ModuleAnalyser.Analyse(target));
}
