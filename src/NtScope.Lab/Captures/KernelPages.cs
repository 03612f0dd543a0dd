using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Captures;

/// <summary>Which pages a kernel dump holds: what the kernel's half of the address space maps, and the page tables.</summary>
internal static class KernelPages
{
    private const ulong Valid = 1;
    private const ulong Large = 1 << 7;

    /// <summary>One bit a page, the lowest of a word first.</summary>
    /// <param name="spaces">The address spaces of all processes: each session maps its part of the kernel's half for its own.</param>
    /// <param name="pages">How many pages there are, holes included.</param>
    public static ulong[] Of(IEnumerable<LabAddressSpace> spaces, ulong pages)
    {
        var bits = new ulong[(pages + 63) / 64];
        var tables = new HashSet<PhysicalAddress>();
        foreach (var space in spaces)
        {
            Mark(bits, space.DirectoryTable.Value, 1);
            for (var directory = 0; directory < space.Directories.Count; directory++)
            {
                Mark(bits, space.Directories[directory].Value, 1);
                var (start, end) = KernelEntries(space, directory);
                VisitDirectory(space, space.Directories[directory], start, end, isLast: directory == space.Directories.Count - 1, bits, tables);
            }
        }

        return bits;
    }

    // The upper half of all entries of all directories together.
    private static (int Start, int End) KernelEntries(LabAddressSpace space, int directory)
    {
        var entries = space.Paging.EntriesPerTable;
        var first = entries * space.Directories.Count / 2 - entries * directory;
        return (Math.Clamp(first, 0, entries), entries);
    }

    private static void VisitDirectory(LabAddressSpace space, PhysicalAddress directory, int start, int end, bool isLast, ulong[] bits, HashSet<PhysicalAddress> tables)
    {
        for (var index = start; index < end; index++)
        {
            if (!isLast || index < space.SelfMapIndex || index >= space.SelfMapIndex + space.Directories.Count)
            {
                VisitEntry(space, space.EntryOf(directory, index), space.Paging.DirectoryLevel, bits, tables);
            }
        }
    }

    private static void VisitEntry(LabAddressSpace space, ulong entry, int level, ulong[] bits, HashSet<PhysicalAddress> tables)
    {
        if ((entry & Valid) == 0)
        {
            return;
        }

        var page = new PhysicalAddress(entry & space.Paging.FrameMask);
        var isLarge = level == 1 && (entry & Large) != 0;
        Mark(bits, page.Value, isLarge ? space.Paging.EntriesPerTable : 1);
        if (level > 0 && !isLarge && tables.Add(page))
        {
            for (var index = 0; index < space.Paging.EntriesPerTable; index++)
            {
                VisitEntry(space, space.EntryOf(page, index), level - 1, bits, tables);
            }
        }
    }

    private static void Mark(ulong[] bits, ulong address, int count)
    {
        var first = address / PhysicalRam.PageSize;
        for (var page = first; page < first + (ulong)count; page++)
        {
            bits[page / 64] |= 1ul << (int)(page % 64);
        }
    }
}
