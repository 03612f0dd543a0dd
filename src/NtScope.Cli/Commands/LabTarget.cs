using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Symbols;
using NtScope.Targets;

namespace NtScope.Cli.Commands;

/// <summary>What <c>lab:a.sys,b.sys</c> names: a machine that runs drivers, held at its start.</summary>
internal static class LabTarget
{
    private const string Scheme = "lab:";

    /// <summary>Whether a target's names mean a machine of the lab.</summary>
    public static bool IsNamedBy(IReadOnlyList<string> names) => names is [var name] && name.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>The machine that a target's names mean; null if they mean something else.</summary>
    /// <exception cref="InputException">A driver is not there, or the CPU emulator is not installed.</exception>
    public static LabDebugger? Open(IReadOnlyList<string> names, string? symbols)
    {
        if (!IsNamedBy(names))
        {
            return null;
        }

        var name = names[0];
        string[] drivers = [.. name[Scheme.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (Array.Find(drivers, driver => !File.Exists(driver)) is { } missing)
        {
            throw new InputException(missing, "there is no such driver file");
        }

        try
        {
            return new LabDebugger(new LabMachineOptions { Windows = true }, drivers, new TargetOptions
            {
                Symbols = SymbolPath.Parse(symbols ?? Environment.GetEnvironmentVariable("_NT_SYMBOL_PATH") ?? string.Empty),
            });
        }
        catch (CpuUnavailableException emulator)
        {
            throw new InputException(name, emulator.Message, emulator);
        }
    }
}
