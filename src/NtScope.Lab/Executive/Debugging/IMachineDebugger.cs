using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Debugging;

/// <summary>Who debugs the machine. The methods are called on the thread that runs the machine, and may keep it.</summary>
internal interface IMachineDebugger
{
    /// <summary>An instruction is about to run.</summary>
    /// <returns>Where to go on; 0 for this instruction.</returns>
    ulong OnInstruction(ulong address);

    /// <summary>Memory is accessed.</summary>
    void OnAccess(ulong address, int size, bool isWrite);

    /// <summary>Images were loaded or unloaded.</summary>
    void OnModulesChanged();

    /// <summary>Code broke in by itself.</summary>
    void OnBreak(ulong address);

    /// <summary>The machine has stopped for good.</summary>
    /// <param name="finding">Why.</param>
    /// <param name="rip">Where; 0 for the executive's caller.</param>
    void OnStopped(LabFinding finding, ulong rip);
}
