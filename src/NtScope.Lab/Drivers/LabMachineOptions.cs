using NtScope.Images;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Drivers;

/// <summary>How a machine is made.</summary>
public sealed record LabMachineOptions
{
    private static readonly FileVersion DefaultVersion = new(10, 0, 18362, 476);

    /// <summary>Its kernel, whose layouts and addresses drivers see: an x64 kernel of the knowledge; null for 10.0.18362.476.</summary>
    public LabKernel? Kernel { get; init; }

    /// <summary>Decides everything that differs from boot to boot: addresses, cookies, places of pages.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Whether a user's Windows is there when drivers are loaded: the usual drivers, processes, sessions, desktops and callbacks. Without it a
    /// machine has the System process, the session manager and its client, and is made in a millisecond.
    /// </summary>
    public bool Windows { get; init; }

    /// <summary>Whether a debugger can step it; it is slower then.</summary>
    public bool Debug { get; init; }

    /// <summary>Where the kernel's image begins; null for a place that the seed decides. A multiple of the page size.</summary>
    public VirtualAddress? KernelBase { get; init; }

    /// <summary>The bytes of memory that the machine may take.</summary>
    public ulong MemoryBytes { get; init; } = 512UL << 20;

    /// <summary>The basic blocks that drivers may run for one request, and what as many blocks cost of other work. It takes some seconds at most.</summary>
    public long BlockBudget { get; init; } = 50_000_000;

    /// <summary>
    /// The bytes of each pool, paged and nonpaged, that a process may be charged for; null for any number. The System process is not charged.
    /// </summary>
    public ulong? PoolQuota { get; init; }

    /// <summary>Whether each access to pool and user memory is checked. Without it the machine is about twice as fast.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Which allocations fail on purpose.</summary>
    public FaultInjection FaultInjection { get; init; } = FaultInjection.None;

    /// <summary>Imports that the executive does not implement and what they are to return, instead of stopping the machine.</summary>
    public IReadOnlyDictionary<string, ulong> ScriptedReturns { get; init; } = new Dictionary<string, ulong>(StringComparer.Ordinal);

    /// <summary>The <see cref="MemoryBytes"/> of a machine with this much RAM; the kernel and page tables take the rest.</summary>
    public static ulong MemoryIn(ulong ram) => Math.Max(ram, RamBeside + PhysicalRam.MinimumSize) - RamBeside;

    /// <summary>RAM that a machine has beside <see cref="MemoryBytes"/>.</summary>
    internal const ulong RamBeside = 64UL << 20;

    internal MachineMemoryOptions ToMachine(ulong ram) => new()
    {
        Kernel = Kernel ?? LabKernel.Wide.First(kernel => kernel.Version == DefaultVersion),
        MemorySize = ram,
        Seed = Seed,
        KernelBase = KernelBase,
        Processors = 1,
    };
}
