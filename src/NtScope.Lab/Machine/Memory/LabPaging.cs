namespace NtScope.Lab.Machine.Memory;

/// <summary>The forms of page tables that the lab writes: how many levels, how wide an entry, and where the kernel's half begins.</summary>
public sealed class LabPaging
{
    private LabPaging(int pointerSize, int entrySize, int directoryLevel, int directories, ulong firstKernelAddress, bool hasNoExecute)
    {
        PointerSize = pointerSize;
        EntrySize = entrySize;
        DirectoryLevel = directoryLevel;
        Directories = directories;
        FirstKernelAddress = firstKernelAddress;
        HasNoExecute = hasNoExecute;
        IndexBits = entrySize == sizeof(ulong) ? 9 : 10;
    }

    /// <summary>x64: four levels of 512 entries.</summary>
    public static LabPaging FourLevel { get; } = new(sizeof(ulong), sizeof(ulong), directoryLevel: 3, directories: 1, 0xFFFF_8000_0000_0000, hasNoExecute: true);

    /// <summary>x86 with physical address extension: four pointers at four directories, entries of eight bytes.</summary>
    public static LabPaging Extended { get; } = new(sizeof(uint), sizeof(ulong), directoryLevel: 1, directories: 4, 0x8000_0000, hasNoExecute: true);

    /// <summary>x86 without: one directory of 1024 entries of four bytes.</summary>
    public static LabPaging TwoLevel { get; } = new(sizeof(uint), sizeof(uint), directoryLevel: 1, directories: 1, 0x8000_0000, hasNoExecute: false);

    /// <summary>The size of a pointer, in bytes.</summary>
    public int PointerSize { get; }

    /// <summary>The size of an entry, in bytes.</summary>
    public int EntrySize { get; }

    /// <summary>The level of the tables of which each process has its own, counted from 0, the tables that map small pages.</summary>
    public int DirectoryLevel { get; }

    /// <summary>How many tables of that level a process has.</summary>
    public int Directories { get; }

    /// <summary>The first address of the kernel's half.</summary>
    public ulong FirstKernelAddress { get; }

    /// <summary>Whether entries have a bit that forbids execution.</summary>
    public bool HasNoExecute { get; }

    /// <summary>How many bits of an address choose an entry of a table.</summary>
    public int IndexBits { get; }

    /// <summary>How many entries a table has.</summary>
    public int EntriesPerTable => 1 << IndexBits;

    /// <summary>The bits of an entry that are the address of a page or table.</summary>
    public ulong FrameMask => EntrySize == sizeof(ulong) ? 0x000F_FFFF_FFFF_F000 : 0xFFFF_F000ul;

    /// <summary>The size of a large page, in bytes.</summary>
    public ulong LargePageSize => CoverageOf(1);

    /// <summary>How many bytes an entry of a level maps.</summary>
    public ulong CoverageOf(int level) => 1ul << 12 << IndexBits * level;

    /// <summary>Whether an address lies in the kernel's half.</summary>
    public bool IsKernel(VirtualAddress address) => address.Value >= FirstKernelAddress;

    /// <summary>Which entry of a table of this level an address chooses.</summary>
    public int IndexOf(VirtualAddress address, int level) => (int)(address.Value >> (12 + IndexBits * level)) & (EntriesPerTable - 1);

    /// <summary>Which of a process's directories an address chooses.</summary>
    public int DirectoryOf(VirtualAddress address) => Directories == 1 ? 0 : (int)(address.Value >> (12 + IndexBits * (DirectoryLevel + 1))) & (Directories - 1);
}
