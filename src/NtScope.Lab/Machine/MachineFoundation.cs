using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine;

/// <summary>What a machine stands on before anything of Windows is there: page tables in its RAM and the place of its kernel's image.</summary>
internal sealed class MachineFoundation
{
    private const ulong KernelRange = 0xFFFF_F800_0000_0000;
    private const int RandomKernelSince = 9200;
    private const int Vista = 6000;
    private const ulong OldNarrowBase = 0x804D_7000;
    private const ulong NarrowRange = 0x8180_0000;

    private readonly MachineMemoryOptions _options;
    private readonly Random _random;

    /// <summary>Lays the foundation.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="ram">RAM that nothing uses yet.</param>
    /// <param name="random">Everything that chance decides.</param>
    public MachineFoundation(MachineMemoryOptions options, PhysicalRam ram, Random random)
    {
        (_options, _random) = (options, random);
        var build = options.Kernel.Version.Build;
        Places = KernelSpace.Of(options.Kernel, random);
        System = options.Kernel.IsNarrow
            ? LabAddressSpace.CreateNarrow(ram, options.Kernel.Paging, new PhysicalAddress(build < Vista ? 0x3_9000ul : 0x18_5000))
            : new LabAddressSpace(ram, Places.SelfMapIndex, new PhysicalAddress(build < RandomKernelSince ? 0x18_7000ul : 0x1A_A000ul + 0x1000 * (ulong)random.Next(5)));
        Kernel = new KernelImage(options.Kernel);
        MapKernel();
    }

    /// <summary>Where the parts of the kernel's half are.</summary>
    public KernelSpace Places { get; }

    /// <summary>The system's address space.</summary>
    public LabAddressSpace System { get; }

    /// <summary>The kernel's image: mapped, zero.</summary>
    public KernelImage Kernel { get; }

    /// <summary>The machine with the pools that its structures come from.</summary>
    public MachineContext WithPools(IKernelPool nonPaged, IKernelPool paged) => new()
    {
        Options = _options,
        Random = _random,
        System = System,
        Kernel = Kernel,
        NonPagedPool = nonPaged,
        PagedPool = paged,
    };

    // Which page of a large one the image begins at.
    private ulong FirstPage => _options.Kernel is { IsNarrow: true, Version.Build: < Vista }
        ? OldNarrowBase % System.Paging.LargePageSize / PhysicalRam.PageSize
        : (ulong)_random.Next(0x200);

    private void MapKernel()
    {
        var large = System.Paging.LargePageSize;
        var inside = _options.KernelBase is { } wanted ? wanted.Value % large : FirstPage * PhysicalRam.PageSize;
        var length = (inside + Kernel.Size + large - 1) / large * large;
        var physical = System.Ram.Allocate(length / PhysicalRam.PageSize, large, below: 1ul << 32);

        // Windows 7 maps its kernel where it lies in physical memory, 248 TiB up; later ones anywhere in 16 GiB. On x86 it lies at a fixed place before
        // Vista, and where chance decides since.
        var start = _options.KernelBase?.Value - inside ?? _options.Kernel switch
        {
            { IsNarrow: true, Version.Build: < Vista } => OldNarrowBase - inside,
            { IsNarrow: true } => NarrowRange / large * large + (ulong)_random.Next(8) * large,
            { Version.Build: < RandomKernelSince } => KernelRange + physical.Value,
            _ => KernelRange + (ulong)_random.NextInt64(0x40, 0x1FF0) * large,
        };
        System.MapLarge(new VirtualAddress(start), physical, length, PageAccess.Write | PageAccess.Execute);
        Kernel.PlaceAt(System, new VirtualAddress(start + inside));
    }
}
