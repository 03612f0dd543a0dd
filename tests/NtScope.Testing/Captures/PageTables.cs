namespace NtScope.Testing.Captures;

/// <summary>
/// Builds page tables in physical pages, as the processor manuals describe them: x64 with four or five levels, x86 with PAE or without. Tables are
/// taken from <c>nextTable</c> upwards.
/// </summary>
public sealed class PageTables
{
    private const ulong Valid = 0x63;
    private const ulong UserTable = 0x67;
    private const ulong Large = 0x80;

    private readonly PhysicalPages _memory;
    private readonly int[] _shifts;
    private readonly int _entrySize;
    private ulong _nextTable;

    private PageTables(PhysicalPages memory, ulong root, ulong nextTable, int entrySize, int[] shifts)
    {
        _memory = memory;
        Root = root;
        _nextTable = nextTable;
        _entrySize = entrySize;
        _shifts = shifts;
        _ = memory[root >> 12];
    }

    /// <summary>The physical address of the root: CR3.</summary>
    public ulong Root { get; }

    /// <summary>x64, four levels.</summary>
    public static PageTables FourLevel(PhysicalPages memory, ulong root, ulong nextTable) => new(memory, root, nextTable, 8, [39, 30, 21, 12]);

    /// <summary>x64, five levels.</summary>
    public static PageTables FiveLevel(PhysicalPages memory, ulong root, ulong nextTable) => new(memory, root, nextTable, 8, [48, 39, 30, 21, 12]);

    /// <summary>x86 with PAE.</summary>
    public static PageTables Extended(PhysicalPages memory, ulong root, ulong nextTable) => new(memory, root, nextTable, 8, [30, 21, 12]);

    /// <summary>x86 without PAE.</summary>
    public static PageTables Legacy(PhysicalPages memory, ulong root, ulong nextTable) => new(memory, root, nextTable, 4, [22, 12]);

    /// <summary>Maps a page of 4 KiB.</summary>
    public PageTables Map(ulong virtualAddress, ulong physicalAddress) => SetEntry(virtualAddress, 12, physicalAddress | Valid);

    /// <summary>Maps a run of 4 KiB pages.</summary>
    public PageTables MapRun(ulong virtualAddress, ulong physicalAddress, ulong length)
    {
        for (ulong offset = 0; offset < length; offset += PhysicalPages.PageSize)
        {
            Map(virtualAddress + offset, physicalAddress + offset);
        }

        return this;
    }

    /// <summary>Maps a large page whose level covers 2^<paramref name="shift"/> bytes (21 or 30; 22 without PAE).</summary>
    public PageTables MapLarge(ulong virtualAddress, ulong physicalAddress, int shift) => SetEntry(virtualAddress, shift, physicalAddress | Valid | Large);

    /// <summary>Puts the root into its own table, as Windows does to reach page tables by virtual address.</summary>
    public PageTables MapSelf(int index)
    {
        _memory.WriteUInt64(Root + (ulong)index * 8, Root | Valid);
        return this;
    }

    /// <summary>Writes a raw entry into the table of the level that covers 2^<paramref name="shift"/> bytes.</summary>
    public PageTables SetEntry(ulong virtualAddress, int shift, ulong entry)
    {
        Write(EntryAddress(virtualAddress, shift), entry);
        return this;
    }

    /// <summary>Where the entry of that level is; tables above it are made as needed.</summary>
    public ulong EntryAddress(ulong virtualAddress, int shift)
    {
        var table = Root;
        for (var level = 0; ; level++)
        {
            var upper = level == 0 ? Math.Min(64, _entrySize == 4 || _shifts.Length == 3 ? 32 : _shifts[0] + 9) : _shifts[level - 1];
            var index = virtualAddress >> _shifts[level] & ((1UL << (upper - _shifts[level])) - 1);
            var at = table + index * (uint)_entrySize;
            if (_shifts[level] == shift)
            {
                return at;
            }

            var entry = Read(at);
            if ((entry & 1) == 0)
            {
                entry = _nextTable | (_entrySize == 8 && _shifts.Length == 3 && level == 0 ? 1 : UserTable);
                _ = _memory[_nextTable >> 12];
                _nextTable += PhysicalPages.PageSize;
                Write(at, entry);
            }

            table = entry & 0xF_FFFF_FFFF_F000;
        }
    }

    private ulong Read(ulong address)
    {
        var page = _memory[address >> 12];
        return _entrySize == 8 ? BitConverter.ToUInt64(page, (int)(address & 0xFFF)) : BitConverter.ToUInt32(page, (int)(address & 0xFFF));
    }

    private void Write(ulong address, ulong entry)
    {
        if (_entrySize == 8)
        {
            _memory.WriteUInt64(address, entry);
        }
        else
        {
            _memory.WriteUInt32(address, (uint)entry);
        }
    }
}
