using NtScope.Lab.Machine.Kernel;

namespace NtScope.Lab.Machine;

/// <summary>
/// Where the parts of the kernel's half of the address space begin. On x64 fixed before Windows 10 1607, each in an entry of the top-level table that chance
/// decides since. On x86 fixed before Vista, decided by chance since.
/// </summary>
internal sealed class KernelSpace
{
    private const int RandomizedSince = 14393;
    private const int Windows8 = 9200;
    private const int Vista = 6000;
    private const int ImagesIndex = 0x1F0;
    private const int LastIndex = 0x1FE;
    private const ulong ProcessorsBehindStacks = 0x1000_0000;
    private const ulong StructuresBehindStacks = 0x2000_0000;
    private const ulong ProcessorSpacing = 0x10_0000;
    private const ulong Win32kInSession = 0x60_0000_0000;
    private const ulong SessionPoolSize = 32ul << 20;
    private const ulong FirstNarrowProcessor = 0xFFDF_F000;

    // What entries of a directory map, with and without address extension.
    private const ulong NarrowStep = 4ul << 20;

    private static readonly int[] Reserved = [0x1EF, ImagesIndex, 0x1FF];

    private readonly VirtualAddress _processors;
    private readonly ulong _processorSpacing = ProcessorSpacing;
    private readonly VirtualAddress? _firstProcessor;

    private KernelSpace(int build, Random random)
    {
        var taken = new HashSet<int>(Reserved);
        var isRandom = build >= RandomizedSince;
        SelfMapIndex = isRandom ? Take() : 0x1ED;
        NonPagedPool = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_FA80_0000_0000 : 0xFFFF_E000_0000_0000);
        PagedPool = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_F8A0_0000_0000 : 0xFFFF_C000_0000_0000);
        Stacks = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_F880_0310_0000 : 0xFFFF_D000_2000_0000);
        Session = isRandom ? Place(inside: false) : new VirtualAddress(0xFFFF_F900_0000_0000);
        SessionSize = 1ul << 39;
        SessionPool = Session + 0x2000_0000;
        SessionPoolLimit = SessionPoolSize;
        Win32k = Session + Win32kInSession;
        SessionStructures = Stacks + StructuresBehindStacks;
        _processors = Stacks + ProcessorsBehindStacks;

        int Take()
        {
            int index;
            do
            {
                index = random.Next(0x100, LastIndex + 1);
            }
            while (!taken.Add(index));
            return index;
        }

        VirtualAddress Place(bool inside = true) =>
            new(0xFFFF_0000_0000_0000 | (ulong)Take() << 39 | (inside ? (ulong)random.Next(0x100) << 30 : 0));
    }

    private KernelSpace(bool isFixed, Random random)
    {
        NonPagedPool = isFixed ? new VirtualAddress(0x8100_0000) : Place(0x8500_0000);
        PagedPool = isFixed ? new VirtualAddress(0xE100_0000) : Place(0x9000_0000);
        Stacks = isFixed ? new VirtualAddress(0xF880_0000) : Place(0x9800_0000);
        Drivers = isFixed ? new VirtualAddress(0xF760_0000) : Place(0x8A00_0000);
        Session = isFixed ? new VirtualAddress(0xBC00_0000) : Place(0xA000_0000);
        SessionSize = 16 * NarrowStep;
        SessionPool = Session + NarrowStep;
        SessionPoolLimit = 8 * NarrowStep;
        Win32k = Session + SessionSize - 2 * NarrowStep;
        SessionStructures = Stacks + 4 * NarrowStep;
        _processors = Stacks + 5 * NarrowStep;
        _processorSpacing = 0x1_0000;
        _firstProcessor = isFixed ? new VirtualAddress(FirstNarrowProcessor) : null;

        VirtualAddress Place(ulong lowest) => new(lowest + (ulong)random.Next(8) * NarrowStep);
    }

    /// <summary>The entry of the top-level table that maps the page tables; x64 only.</summary>
    public int SelfMapIndex { get; }

    /// <summary>Nonpaged pool.</summary>
    public VirtualAddress NonPagedPool { get; }

    /// <summary>Paged pool.</summary>
    public VirtualAddress PagedPool { get; }

    /// <summary>Kernel stacks and other tables of the system.</summary>
    public VirtualAddress Stacks { get; }

    /// <summary>Where drivers are loaded; null for behind the kernel.</summary>
    public VirtualAddress? Drivers { get; }

    /// <summary>The space that each session maps for itself.</summary>
    public VirtualAddress Session { get; }

    /// <summary>How long that is, in bytes.</summary>
    public ulong SessionSize { get; }

    /// <summary>The pool of a session, in its space.</summary>
    public VirtualAddress SessionPool { get; }

    /// <summary>How large that may grow, in bytes.</summary>
    public ulong SessionPoolLimit { get; }

    /// <summary>The first image of win32k, in the space of a session.</summary>
    public VirtualAddress Win32k { get; }

    /// <summary>What the system keeps of sessions.</summary>
    public VirtualAddress SessionStructures { get; }

    /// <summary>The places of a kernel.</summary>
    public static KernelSpace Of(LabKernel kernel, Random random) =>
        kernel.IsNarrow ? new KernelSpace(isFixed: kernel.Version.Build < Vista, random) : new KernelSpace(kernel.Version.Build, random);

    /// <summary>Where the control region of a processor is. Before Vista the first one of x86 has a place of its own.</summary>
    public VirtualAddress ProcessorAt(int number) => number == 0 && _firstProcessor is { } first ? first : _processors + (ulong)number * _processorSpacing;
}
