using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine;

/// <summary>What a machine stands on before anything of Windows is there: page tables in its RAM and the place of its kernel's image.</summary>
internal sealed class MachineFoundation
{
    private const ulong KernelRange = 0xFFFF_F800_0000_0000;
    private const int RandomKernelSince = 9200;

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
        Places = new KernelSpace(build, random);
        System = new LabAddressSpace(ram, Places.SelfMapIndex, new PhysicalAddress(build < RandomKernelSince ? 0x18_7000ul : 0x1A_A000ul + 0x1000 * (ulong)random.Next(5)));
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

    private void MapKernel()
    {
        const ulong Large = LabAddressSpace.LargePageSize;
        var inside = _options.KernelBase is { } wanted ? wanted.Value % Large : (ulong)_random.Next(0x200) * PhysicalRam.PageSize;
        var length = (inside + Kernel.Size + Large - 1) / Large * Large;
        var physical = System.Ram.Allocate(length / PhysicalRam.PageSize, Large, below: 1ul << 32);

        // Windows 7 maps its kernel where it lies in physical memory, 248 TiB up; later ones anywhere in 16 GiB.
        var start = _options.KernelBase?.Value - inside
            ?? (_options.Kernel.Version.Build < RandomKernelSince ? KernelRange + physical.Value : KernelRange + (ulong)_random.NextInt64(0x40, 0x1FF0) * Large);
        System.MapLarge(new VirtualAddress(start), physical, length, PageAccess.Write | PageAccess.Execute);
        Kernel.PlaceAt(System, new VirtualAddress(start + inside));
    }
}
