using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Machine;

/// <summary>What machine to build. The same options give the same machine, byte for byte.</summary>
public sealed record MachineMemoryOptions
{
    /// <summary>Its kernel.</summary>
    public required LabKernel Kernel { get; init; }

    /// <summary>Bytes of RAM.</summary>
    public ulong MemorySize { get; init; } = 256ul << 20;

    /// <summary>Decides everything that differs from boot to boot: addresses, cookies, places of pages.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where the kernel's image begins; null for a place that the seed decides. A multiple of the page size.</summary>
    public VirtualAddress? KernelBase { get; init; }

    /// <summary>Where ntdll's first system call stub stands in every process; null for a place that the seed decides. A multiple of 16 above 2 GiB.</summary>
    public VirtualAddress? FirstStub { get; init; }

    /// <summary>How many processors it has, from 1 to 8.</summary>
    public int Processors { get; init; } = 2;

    /// <summary>What is done to it once it runs.</summary>
    public IReadOnlyList<LabAttack> Attacks { get; init; } = [];

    /// <summary>
    /// How many pages are smeared, as in a capture that was taken while the machine ran: a third hold kernel structures, page tables and other things of an earlier
    /// moment, the others pool with foreign bytes and code on its way out. 0 for a machine that stood still.
    /// </summary>
    public int SmearedPages { get; init; }
}
