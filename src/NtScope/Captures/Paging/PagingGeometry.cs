namespace NtScope.Captures.Paging;

/// <summary>What the paging modes differ in: levels, index widths, entry size, which levels map large pages.</summary>
internal sealed class PagingGeometry
{
    private static readonly PagingGeometry FourLevel = new(PagingMode.FourLevel, 8, 48, [(39, 9, false), (30, 9, true), (21, 9, true), (12, 9, true)]);
    private static readonly PagingGeometry FiveLevel = new(PagingMode.FiveLevel, 8, 57, [(48, 9, false), (39, 9, false), (30, 9, true), (21, 9, true), (12, 9, true)]);
    private static readonly PagingGeometry Extended = new(PagingMode.Extended, 8, 32, [(30, 2, false), (21, 9, true), (12, 9, true)]);
    private static readonly PagingGeometry Legacy = new(PagingMode.Legacy, 4, 32, [(22, 10, true), (12, 10, true)]);

    private readonly (int Shift, int Bits, bool MapsPages)[] _levels;

    private PagingGeometry(PagingMode mode, int entrySize, int addressBits, (int Shift, int Bits, bool MapsPages)[] levels)
    {
        Mode = mode;
        EntrySize = entrySize;
        AddressBits = addressBits;
        _levels = levels;
    }

    public PagingMode Mode { get; }

    public int EntrySize { get; }

    public int AddressBits { get; }

    public int LevelCount => _levels.Length;

    public bool IsWide => AddressBits > 32;

    public int PointerSize => IsWide ? sizeof(ulong) : sizeof(uint);

    /// <summary>The bits of CR3 that hold the root; a PAE root is aligned to 32 bytes only.</summary>
    public ulong RootMask => Mode switch
    {
        PagingMode.Extended => 0xFFFFFFE0,
        PagingMode.Legacy => 0xFFFFF000,
        _ => 0xF_FFFF_FFFF_F000,
    };

    public static PagingGeometry Of(PagingMode mode) => mode switch
    {
        PagingMode.FourLevel => FourLevel,
        PagingMode.FiveLevel => FiveLevel,
        PagingMode.Extended => Extended,
        _ => Legacy,
    };

    public PageTableLevel NameOf(int level) => (LevelCount - 1 - level) switch
    {
        0 => PageTableLevel.PageTable,
        1 => PageTableLevel.PageDirectory,
        2 => PageTableLevel.PageDirectoryPointer,
        3 => PageTableLevel.PageMap4,
        _ => PageTableLevel.PageMap5,
    };

    /// <summary>Bytes that one entry of this level covers.</summary>
    public ulong Coverage(int level) => 1UL << _levels[level].Shift;

    public bool IsLast(int level) => level == LevelCount - 1;

    public bool CanMapPage(int level) => _levels[level].MapsPages;

    public ulong EntryOffset(int level, ulong address) =>
        ((address >> _levels[level].Shift) & ((1UL << _levels[level].Bits) - 1)) * (uint)EntrySize;

    public bool IsCanonical(ulong address) => IsWide
        ? (ulong)((long)(address << (64 - AddressBits)) >> (64 - AddressBits)) == address
        : address <= uint.MaxValue;

    /// <summary>Where a valid entry points: the frame of the page or table, without flags.</summary>
    public ulong Frame(int level, ulong entry, bool isLarge)
    {
        if (!isLarge)
        {
            return entry & (EntrySize == 8 ? 0xF_FFFF_FFFF_F000UL : 0xFFFFF000UL);
        }

        // A 4 MiB page holds bits 32 to 39 of its address in bits 13 to 20 (PSE-36).
        return Mode == PagingMode.Legacy
            ? (entry & 0xFFC00000) | ((entry >> 13 & 0xFF) << 32)
            : entry & 0xF_FFFF_FFFF_F000 & ~(Coverage(level) - 1);
    }
}
