namespace NtScope.Kernel.Locating;

/// <summary>What is known before the kernel is found. Nothing of it is trusted: it only says where to look first.</summary>
public sealed record KernelHints
{
    /// <summary>No hints: the kernel is searched through all addresses that Windows gives it.</summary>
    public static KernelHints None { get; } = new();

    /// <summary>Address of the list of loaded modules, whose first entry is the kernel.</summary>
    public VirtualAddress? LoadedModuleList { get; init; }

    /// <summary>Address of the debugger's data block (KDDEBUGGER_DATA64), which names the kernel's base.</summary>
    public VirtualAddress? DebuggerDataBlock { get; init; }

    /// <summary>Addresses that lie inside the kernel's image: system call entry, instruction pointer, start-up code's target.</summary>
    public IReadOnlyList<VirtualAddress> InsideKernel { get; init; } = [];

    /// <summary>The base of an interrupt descriptor table; most of its handlers are the kernel's.</summary>
    public VirtualAddress? InterruptTable { get; init; }
}
