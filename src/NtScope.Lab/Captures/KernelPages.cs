using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Captures;

/// <summary>Which pages a kernel dump holds: what the kernel's half of the address space maps, and the page tables.</summary>
internal static class KernelPages
{
    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;
    private const int EntriesPerTable = 512;
    private const int FirstKernelEntry = 256;
    private const int TopLevel = 3;

    /// <summary>One bit a page, the lowest of a word first.</summary>
    /// <param name="spaces">The address spaces of all processes: each session maps its part of the kernel's half for its own.</param>
    /// <param name="pages">How many pages there are, holes included.</param>
    public static ulong[] Of(IEnumerable<LabAddressSpace> spaces, ulong pages)
    {
        var bits = new ulong[(pages + 63) / 64];
        var tables = new HashSet<ulong>();
        foreach (var space in spaces)
        {
            Mark(bits, space.DirectoryTable.Value, 1);
            Visit(space, space.DirectoryTable.Value, TopLevel, bits, tables);
        }

        return bits;
    }

    private static unsafe void Visit(LabAddressSpace space, ulong table, int level, ulong[] bits, HashSet<ulong> tables)
    {
        if (!tables.Add(table))
        {
            return;
        }

        var entries = (ulong*)(space.Ram.Host + table);
        for (var index = level == TopLevel ? FirstKernelEntry : 0; index < EntriesPerTable; index++)
        {
            var entry = entries[index];
            if ((entry & 1) == 0 || (level == TopLevel && index == space.SelfMapIndex))
            {
                continue;
            }

            var isLarge = level == 1 && (entry & 0x80) != 0;
            Mark(bits, entry & FrameMask, isLarge ? EntriesPerTable : 1);
            if (level > 0 && !isLarge)
            {
                Visit(space, entry & FrameMask, level - 1, bits, tables);
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
