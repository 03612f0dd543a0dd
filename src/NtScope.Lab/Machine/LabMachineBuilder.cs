using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Kernel;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Modules;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;
using NtScope.Lab.Machine.Processors;

namespace NtScope.Lab.Machine;

/// <summary>Builds a <see cref="LabMachine"/>, in the order in which Windows starts.</summary>
public sealed class LabMachineBuilder
{
    private const ulong PoolSize = 64ul << 20;
    private const ulong ProcessorSpacing = 0x10_0000;
    private const ulong ProcessorsBehindStacks = 0x1000_0000;
    private const ulong KernelRange = 0xFFFF_F800_0000_0000;
    private const int SegmentHeapSince = 18362;
    private const int RandomKernelSince = 9200;

    private readonly MachineContext _context;
    private readonly KernelSpace _places;

    private LabMachineBuilder(LabMachineOptions options, PhysicalRam ram, Random random)
    {
        var build = options.Kernel.Version.Build;
        _places = new KernelSpace(build, random);
        var system = new LabAddressSpace(ram, _places.SelfMapIndex, new PhysicalAddress(build < RandomKernelSince ? 0x18_7000ul : 0x1A_A000ul + 0x1000 * (ulong)random.Next(5)));
        var kernel = new KernelImage(options.Kernel);
        MapKernel(options, system, kernel, random);
        _context = new MachineContext
        {
            Options = options,
            Random = random,
            System = system,
            Kernel = kernel,
            NonPagedPool = new KernelPool(system, _places.NonPagedPool, PoolSize, paged: false, executable: build < RandomKernelSince, chained: build < SegmentHeapSince),
            PagedPool = new KernelPool(system, _places.PagedPool, PoolSize, paged: true, executable: false, chained: build < SegmentHeapSince),
        };
    }

    /// <summary>Builds the machine.</summary>
    /// <exception cref="ArgumentException">The options ask for a kernel that is not x64 or of which nothing is known.</exception>
    /// <exception cref="InvalidOperationException">The RAM does not hold the machine.</exception>
    public static LabMachine Build(LabMachineOptions options)
    {
        if (options.Kernel.Architecture != ProcessorArchitecture.X64 || !options.Kernel.HasServices)
        {
            throw new ArgumentException($"the lab builds x64 kernels whose services are known, and {options.Kernel.Version} is not one", nameof(options));
        }

        if (options.Processors is < 1 or > 8)
        {
            throw new ArgumentException("a lab machine has 1 to 8 processors", nameof(options));
        }

        var random = new Random(options.Seed);
        var ram = new PhysicalRam(options.MemorySize, random);
        try
        {
            return new LabMachineBuilder(options, ram, random).Build();
        }
        catch
        {
            ram.Dispose();
            throw;
        }
    }

    private static void MapKernel(LabMachineOptions options, LabAddressSpace system, KernelImage kernel, Random random)
    {
        const ulong Large = LabAddressSpace.LargePageSize;
        var inside = options.KernelBase is { } wanted ? wanted.Value % Large : (ulong)random.Next(0x200) * PhysicalRam.PageSize;
        var length = (inside + kernel.Size + Large - 1) / Large * Large;
        var physical = system.Ram.Allocate(length / PhysicalRam.PageSize, Large, below: 1ul << 32);

        // Windows 7 maps its kernel where it lies in physical memory, 248 TiB up; later ones anywhere in 16 GiB.
        var start = options.KernelBase?.Value - inside
            ?? (options.Kernel.Version.Build < RandomKernelSince ? KernelRange + physical.Value : KernelRange + (ulong)random.NextInt64(0x40, 0x1FF0) * Large);
        system.MapLarge(new VirtualAddress(start), physical, length, PageAccess.Write | PageAccess.Execute);
        kernel.PlaceAt(new VirtualAddress(start + inside));
    }

    private LabMachine Build()
    {
        var writer = new KernelImageWriter(_context);
        var kernel = writer.Write();
        var variables = new SystemVariables(_context, _context.Options.Processors);
        variables.WriteSharedData();
        variables.Write();
        var debugger = new DebuggerBlock(_context);
        var objects = new ObjectManager(_context);
        var modules = LoadDrivers(kernel);
        var processes = new ProcessBuilder(_context, objects, _places.Stacks);
        foreach (var plan in ProcessPlan.All.Where(plan => _context.Version.Build >= plan.FirstBuild))
        {
            processes.Create(plan);
        }

        var processors = StartProcessors(processes.Processes[0]);
        writer.WriteHeaders(kernel);
        debugger.SetEncoded(true);
        return new LabMachine(_context, debugger) { Modules = modules, Processes = processes.Processes, Processors = processors };
    }

    private List<LabImage> LoadDrivers(LabImage kernel)
    {
        var list = new ModuleList(_context);
        list.Add(kernel);
        var images = new List<LabImage> { kernel };
        var next = new VirtualAddress((kernel.Base + kernel.Size).Value + LabAddressSpace.LargePageSize & ~(LabAddressSpace.LargePageSize - 1));
        foreach (var plan in DriverPlan.All)
        {
            var image = DriverImageWriter.Write(_context, plan.Name, next, plan.Size);
            next = new VirtualAddress((next + plan.Size + 0x1_0000).Value & ~0xFFFFul);
            list.Add(image);
            images.Add(image);
        }

        list.AddUnloaded("dump_diskdump.sys", next, 0xA000, LabClock.Boot + TimeSpan.FromSeconds(21).Ticks);
        list.AddUnloaded("hwpolicy.sys", next + 0x1_0000, 0xD000, LabClock.Boot + TimeSpan.FromSeconds(34).Ticks);
        return images;
    }

    private List<LabProcessor> StartProcessors(LabProcess system)
    {
        var builder = new ProcessorBuilder(_context);
        return [.. Enumerable.Range(0, _context.Options.Processors).Select(number => builder.Write(
            number, _places.Stacks + ProcessorsBehindStacks + (ulong)number * ProcessorSpacing, system, system.Threads[number]))];
    }
}
