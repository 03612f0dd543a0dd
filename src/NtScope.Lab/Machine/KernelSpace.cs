namespace NtScope.Lab.Machine;

/// <summary>
/// Where the parts of the kernel's half of the address space begin. Fixed before Windows 10 1607, each in an entry of the top-level table that chance
/// decides since.
/// </summary>
internal sealed class KernelSpace
{
    private const int RandomizedSince = 14393;
    private const int Windows8 = 9200;
    private const int ImagesIndex = 0x1F0;
    private const int LastIndex = 0x1FE;

    private static readonly int[] Reserved = [0x1EF, ImagesIndex, 0x1FF];

    /// <summary>The places of a kernel.</summary>
    public KernelSpace(int build, Random random)
    {
        var taken = new HashSet<int>(Reserved);
        var isRandom = build >= RandomizedSince;
        SelfMapIndex = isRandom ? Take() : 0x1ED;
        NonPagedPool = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_FA80_0000_0000 : 0xFFFF_E000_0000_0000);
        PagedPool = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_F8A0_0000_0000 : 0xFFFF_C000_0000_0000);
        Stacks = isRandom ? Place() : new VirtualAddress(build < Windows8 ? 0xFFFF_F880_0310_0000 : 0xFFFF_D000_2000_0000);
        Session = isRandom ? Place(inside: false) : new VirtualAddress(0xFFFF_F900_0000_0000);

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

    /// <summary>The entry of the top-level table that maps the page tables.</summary>
    public int SelfMapIndex { get; }

    /// <summary>Nonpaged pool.</summary>
    public VirtualAddress NonPagedPool { get; }

    /// <summary>Paged pool.</summary>
    public VirtualAddress PagedPool { get; }

    /// <summary>Kernel stacks, processor control regions and other tables of the system.</summary>
    public VirtualAddress Stacks { get; }

    /// <summary>The space that each session maps for itself.</summary>
    public VirtualAddress Session { get; }
}
