using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Memory;

/// <summary>
/// One set of four-level x64 page tables, written as Windows writes them, with the entry that maps the tables into themselves. The system's address
/// space owns the kernel's half; those of processes share it and have a user half of their own. Code that only wants memory asks for
/// <see cref="Allocate(VirtualAddress, ulong, PageAccess)"/> and works on the region's host memory.
/// </summary>
public sealed unsafe class LabAddressSpace : IMemory
{
    /// <summary>The size of a large page, in bytes.</summary>
    public const ulong LargePageSize = 2 << 20;

    private const ulong Valid = 1;
    private const ulong Writable = 1 << 1;
    private const ulong UserAccessible = 1 << 2;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong Large = 1 << 7;
    private const ulong Global = 1 << 8;
    private const ulong NoExecute = 1ul << 63;
    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;
    private const ulong HugePageSize = 1 << 30;
    private const int TopLevel = 3;
    private const int EntriesPerTable = 512;
    private const int FirstKernelEntry = 256;

    private readonly LabAddressSpace? _system;
    private readonly List<LabAddressSpace> _processes = [];
    private readonly SortedList<ulong, MemoryRegion> _regions = [];

    /// <summary>The system's address space, empty but for its self-map.</summary>
    /// <param name="ram">Where page tables and pages come from.</param>
    /// <param name="selfMapIndex">The entry of the top-level table that maps the tables: 0x1ED before build 14393, random from 256 on since.</param>
    /// <param name="directoryTable">The page of the top-level table; null for any.</param>
    public LabAddressSpace(PhysicalRam ram, int selfMapIndex, PhysicalAddress? directoryTable = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(selfMapIndex, FirstKernelEntry);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(selfMapIndex, EntriesPerTable);
        Ram = ram;
        SelfMapIndex = selfMapIndex;
        if (directoryTable is { } page)
        {
            ram.AllocateAt(page, 1);
        }

        DirectoryTable = directoryTable ?? ram.Allocate(1, below: 1ul << 32);
        Entries(DirectoryTable)[selfMapIndex] = DirectoryTable.Value | Valid | Writable | Accessed | Dirty | NoExecute;
    }

    private LabAddressSpace(LabAddressSpace system)
        : this(system.Ram, system.SelfMapIndex)
    {
        _system = system;
        for (var index = FirstKernelEntry; index < EntriesPerTable; index++)
        {
            if (index != SelfMapIndex)
            {
                Entries(DirectoryTable)[index] = Entries(system.DirectoryTable)[index];
            }
        }
    }

    /// <summary>Told of every region as it is mapped, so that an emulator can map it too.</summary>
    public event Action<MemoryRegion>? RegionMapped;

    /// <summary>The RAM that everything lies in.</summary>
    public PhysicalRam Ram { get; }

    /// <summary>The physical address of the top-level table: CR3 without flags.</summary>
    public PhysicalAddress DirectoryTable { get; }

    /// <summary>The entry of the top-level table that maps the tables themselves.</summary>
    public int SelfMapIndex { get; }

    /// <summary>Where the lowest-level entries appear through the self-map (<c>MmPteBase</c>).</summary>
    public VirtualAddress PteBase => new(0xFFFF_0000_0000_0000 | (ulong)SelfMapIndex << 39);

    /// <summary>The regions of this address space, ascending; those that a process shares with the system are the system's.</summary>
    public IReadOnlyList<MemoryRegion> Regions => _regions.Values.AsReadOnly();

    /// <inheritdoc/>
    public int PointerSize => sizeof(ulong);

    /// <summary>A new process's address space: the kernel's half shared, the user's empty, its self-map its own.</summary>
    public LabAddressSpace CreateProcess()
    {
        var process = new LabAddressSpace(_system ?? this);
        (_system ?? this)._processes.Add(process);
        return process;
    }

    /// <summary>Lets this address space use the tables of another for one entry of the top-level table: how processes share a session's space.</summary>
    public void ShareTopEntry(LabAddressSpace other, int index)
    {
        Entries(DirectoryTable)[index] = Entries(other.DirectoryTable)[index];
    }

    /// <summary>Allocates RAM in one run and maps it.</summary>
    /// <param name="start">Where; a multiple of the page size.</param>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <param name="access">What the processor allows.</param>
    public MemoryRegion Allocate(VirtualAddress start, ulong length, PageAccess access)
    {
        var pages = (length + PhysicalRam.PageSize - 1) / PhysicalRam.PageSize;
        return Map(start, Ram.Allocate(pages), pages * PhysicalRam.PageSize, access);
    }

    /// <summary>Maps a run of RAM by large pages, as Windows maps its kernel. Everything is a multiple of 2 MiB.</summary>
    public MemoryRegion MapLarge(VirtualAddress start, PhysicalAddress physical, ulong length, PageAccess access)
    {
        if (((start.Value | physical.Value | length) & (LargePageSize - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, "not a multiple of 2 MiB");
        }

        for (ulong offset = 0; offset < length; offset += LargePageSize)
        {
            SetEntry(start + offset, level: 1, (physical + offset).Value | Large | Flags(start, access));
        }

        return Remember(start, physical, length, access);
    }

    /// <summary>Maps a run of RAM that is allocated already: a shared page, an image that several processes map.</summary>
    public MemoryRegion Map(VirtualAddress start, PhysicalAddress physical, ulong length, PageAccess access)
    {
        for (ulong offset = 0; offset < length; offset += PhysicalRam.PageSize)
        {
            SetEntry(start + offset, level: 0, (physical + offset).Value | Flags(start, access));
        }

        return Remember(start, physical, length, access);
    }

    /// <summary>Takes a region of small pages out of the page tables.</summary>
    /// <param name="region">A region of this address space.</param>
    /// <param name="free">Whether its RAM is given back; not for one that is mapped elsewhere too.</param>
    public void Unmap(MemoryRegion region, bool free)
    {
        for (ulong offset = 0; offset < region.Length; offset += PhysicalRam.PageSize)
        {
            SetEntry(region.Start + offset, level: 0, entry: 0);
        }

        _regions.Remove(region.Start.Value);
        if (free)
        {
            Ram.Free(region.Physical, region.Length / PhysicalRam.PageSize);
        }
    }

    /// <summary>Takes a process's address space out of those that share the kernel's half, and gives its top-level table back.</summary>
    public void Release(LabAddressSpace process)
    {
        _processes.Remove(process);
        Ram.Free(process.DirectoryTable, 1);
    }

    /// <summary>Changes what the processor allows on mapped pages, page by page.</summary>
    public void Protect(VirtualAddress start, ulong length, PageAccess access)
    {
        for (ulong offset = 0; offset < length; offset += PhysicalRam.PageSize)
        {
            var entry = FindEntry(start + offset, out var level);
            if (level == 0 && (*entry & Valid) != 0)
            {
                *entry = (*entry & FrameMask) | Flags(start, access);
            }
        }
    }

    /// <summary>Writes a lowest-level entry as it is: not valid ones, too (transition, prototype, paged out).</summary>
    public void SetRawEntry(VirtualAddress address, ulong entry) => SetEntry(address, level: 0, entry);

    /// <summary>The raw lowest entry that maps <paramref name="address"/>, and its level (0 for 4 KiB pages, 1 for 2 MiB).</summary>
    public ulong GetRawEntry(VirtualAddress address, out int level) => *FindEntry(address, out level);

    /// <summary>Where <paramref name="address"/> lies in RAM; null if it is not mapped.</summary>
    public PhysicalAddress? Translate(VirtualAddress address)
    {
        var entry = *FindEntry(address, out var level);
        if ((entry & Valid) == 0)
        {
            return null;
        }

        var pageSize = level switch { 0 => (ulong)PhysicalRam.PageSize, 1 => LargePageSize, _ => HugePageSize };
        return new PhysicalAddress((entry & FrameMask & ~(pageSize - 1)) + address.Value % pageSize);
    }

    /// <summary>The host's view of a run of mapped memory inside one region.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is not mapped, or not in one piece.</exception>
    public Span<byte> Span(VirtualAddress address, int length) => RegionAt(address) is { } region && (ulong)length <= region.End - address
        ? new Span<byte>((byte*)region.Host + (address - region.Start), length)
        : throw new ArgumentOutOfRangeException(nameof(address), address, "no region of the machine holds it in one piece");

    /// <summary>The region that covers <paramref name="address"/>, of this address space or of the system's; null if there is none.</summary>
    public MemoryRegion? RegionAt(VirtualAddress address)
    {
        var starts = _regions.Keys;
        int low = 0, high = starts.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (starts[middle] <= address.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        var found = low > 0 ? _regions.Values[low - 1] : null;
        return found is not null && found.Contains(address) ? found : _system?.RegionAt(address);
    }

    /// <inheritdoc/>
    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        var read = 0;
        while (read < destination.Length)
        {
            var at = address + (ulong)read;
            if (Translate(at) is not { } physical)
            {
                fault = new ReadFault(ReadFaultKind.NotPresent, at.Value, PageTableLevel.PageTable, *FindEntry(at, out _));
                return read;
            }

            var length = (int)Math.Min((ulong)(destination.Length - read), PhysicalRam.PageSize - at.Value % PhysicalRam.PageSize);
            read += Ram.Read(physical, destination.Slice(read, length), out _);
        }

        fault = default;
        return read;
    }

    /// <summary>Writes bytes, whatever the pages' access.</summary>
    /// <exception cref="InvalidOperationException">A page is not mapped.</exception>
    public void Write(VirtualAddress address, ReadOnlySpan<byte> bytes)
    {
        for (var written = 0; written < bytes.Length;)
        {
            var at = address + (ulong)written;
            var physical = Translate(at) ?? throw new InvalidOperationException($"{at} is not mapped in the lab machine");
            var length = (int)Math.Min((ulong)(bytes.Length - written), PhysicalRam.PageSize - at.Value % PhysicalRam.PageSize);
            bytes.Slice(written, length).CopyTo(Ram.Span(physical, length));
            written += length;
        }
    }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(VirtualAddress address, byte value) => Write(address, [value]);

    /// <summary>Writes two bytes, little endian.</summary>
    public void WriteUInt16(VirtualAddress address, ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Write(address, bytes);
    }

    /// <summary>Writes four bytes, little endian.</summary>
    public void WriteUInt32(VirtualAddress address, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(address, bytes);
    }

    /// <summary>Writes eight bytes, little endian.</summary>
    public void WriteUInt64(VirtualAddress address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }

    private static ulong Flags(VirtualAddress address, PageAccess access) => Valid | Accessed
        | (access.HasFlag(PageAccess.Write) ? Writable | Dirty : 0)
        | (access.HasFlag(PageAccess.User) ? UserAccessible : 0)
        | (access.HasFlag(PageAccess.Execute) ? 0 : NoExecute)
        | (address.Value >> 63 != 0 ? Global : 0);

    private static int Index(VirtualAddress address, int level) => (int)(address.Value >> (12 + 9 * level)) & (EntriesPerTable - 1);

    private ulong* Entries(PhysicalAddress table) => (ulong*)(Ram.Host + table.Value);

    private MemoryRegion Remember(VirtualAddress start, PhysicalAddress physical, ulong length, PageAccess access)
    {
        var region = new MemoryRegion(start, physical, length, (nint)(Ram.Host + physical.Value), access);
        _regions.Add(start.Value, region);
        RegionMapped?.Invoke(region);
        return region;
    }

    private void SetEntry(VirtualAddress address, int level, ulong entry)
    {
        var table = DirectoryTable;
        for (var depth = TopLevel; depth > level; depth--)
        {
            var slot = Entries(table) + Index(address, depth);
            if ((*slot & Valid) == 0)
            {
                *slot = Ram.Allocate(1).Value | Valid | Writable | Accessed | Dirty | (address.Value >> 63 == 0 ? UserAccessible : 0);
                if (depth == TopLevel)
                {
                    ShareKernelEntry(Index(address, depth), *slot);
                }
            }

            table = new PhysicalAddress(*slot & FrameMask);
        }

        Entries(table)[Index(address, level)] = entry;
    }

    private void ShareKernelEntry(int index, ulong entry)
    {
        foreach (var process in index >= FirstKernelEntry ? _processes : [])
        {
            process.Entries(process.DirectoryTable)[index] = entry;
        }
    }

    private ulong* FindEntry(VirtualAddress address, out int level)
    {
        var table = DirectoryTable;
        for (level = TopLevel; ; level--)
        {
            var slot = Entries(table) + Index(address, level);
            if (level == 0 || (*slot & Valid) == 0 || (level < TopLevel && (*slot & Large) != 0))
            {
                return slot;
            }

            table = new PhysicalAddress(*slot & FrameMask);
        }
    }
}
