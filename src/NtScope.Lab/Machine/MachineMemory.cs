using NtScope.Images;
using NtScope.Lab.Machine.Attacks;
using NtScope.Lab.Machine.Callbacks;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Processors;
using NtScope.Lab.Machine.Sessions;
using NtScope.Lab.Machine.Smearing;

namespace NtScope.Lab.Machine;

/// <summary>The memory of a small Windows as it runs, with what was put into it: what a reader should find.</summary>
public sealed class MachineMemory : IDisposable
{
    private readonly DebuggerBlock _debuggerBlock;

    internal MachineMemory(MachineContext context, DebuggerBlock debuggerBlock)
    {
        _debuggerBlock = debuggerBlock;
        Options = context.Options;
        System = context.System;
        BootTime = LabClock.Boot;
        LoadedModuleList = context.Kernel.AddressOf("PsLoadedModuleList", 16);
        ActiveProcessHead = context.Kernel.AddressOf("PsActiveProcessHead", 16);
    }

    /// <summary>What was asked for.</summary>
    public MachineMemoryOptions Options { get; }

    /// <summary>The kernel's version.</summary>
    public FileVersion Version => Options.Kernel.Version;

    /// <summary>The system's address space.</summary>
    public LabAddressSpace System { get; }

    /// <summary>The physical memory.</summary>
    public PhysicalRam Ram => System.Ram;

    /// <summary>The kernel's image.</summary>
    public LabImage Kernel => Modules[0];

    /// <summary>The images in the list of modules, the kernel first.</summary>
    public required IReadOnlyList<LabImage> Modules { get; init; }

    /// <summary>The processes, those that an attack unlinked too.</summary>
    public required IReadOnlyList<MachineProcess> Processes { get; init; }

    /// <summary>The processors.</summary>
    public required IReadOnlyList<LabProcessor> Processors { get; init; }

    /// <summary>The driver objects.</summary>
    public required IReadOnlyList<MachineDriver> Drivers { get; init; }

    /// <summary>The desktops of all sessions.</summary>
    public required IReadOnlyList<LabDesktop> Desktops { get; init; }

    /// <summary>The routines registered with the kernel.</summary>
    public required IReadOnlyList<LabCallback> Callbacks { get; init; }

    /// <summary>The minifilters, by falling altitude.</summary>
    public required IReadOnlyList<LabFilter> Filters { get; init; }

    /// <summary>What the attacks changed.</summary>
    public required IReadOnlyList<PlantedTrace> Traces { get; init; }

    /// <summary>What of it a capture holds as it was at an earlier moment; null if the machine stood still.</summary>
    public SmearedCapture? Smear { get; init; }

    /// <summary>The kernel, drivers, win32k and the system's libraries of user mode, with what their files differ in.</summary>
    internal IReadOnlyList<MachineImage> Files { get; init; } = [];

    /// <summary>The root of the object namespace: an <c>_OBJECT_DIRECTORY</c>.</summary>
    public required VirtualAddress RootDirectory { get; init; }

    /// <summary>When it was started, as a Windows file time.</summary>
    public long BootTime { get; }

    /// <summary>When the capture is taken, as a Windows file time.</summary>
    public long CaptureTime { get; init; } = LabClock.Now;

    /// <summary>Where <c>PsLoadedModuleList</c> is.</summary>
    public VirtualAddress LoadedModuleList { get; }

    /// <summary>Where <c>PsActiveProcessHead</c> is.</summary>
    public VirtualAddress ActiveProcessHead { get; }

    /// <summary>Where <c>KdDebuggerDataBlock</c> is.</summary>
    public VirtualAddress DebuggerDataBlock => _debuggerBlock.Address;

    /// <summary>Encodes the debugger's data block as a running kernel holds it, or decodes it as a crashed one does.</summary>
    public void SetDebuggerBlockEncoded(bool encoded) => _debuggerBlock.SetEncoded(encoded);

    /// <inheritdoc/>
    public void Dispose() => Ram.Dispose();
}
