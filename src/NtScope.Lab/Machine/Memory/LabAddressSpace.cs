using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Memory;

/// <summary>
/// One set of page tables, written as Windows writes them, with the entries that map the tables into themselves. The system's address space owns the
/// kernel's half; those of processes share it and have a user half of their own. Code that only wants memory asks for
/// <see cref="Allocate(VirtualAddress, ulong, PageAccess)"/> and works on the region's host memory.
/// </summary>
public sealed unsafe class LabAddressSpace : IMemory
{
    /// <summary>The size of a large page of x64, in bytes.</summary>
    public const ulong LargePageSize = 2 << 20;

    private const ulong Valid = 1;
    private const ulong Writable = 1 << 1;
    private const ulong UserAccessible = 1 << 2;
    private const ulong Accessed = 1 << 5;
    private const ulong Dirty = 1 << 6;
    private const ulong Large = 1 << 7;
    private const ulong Global = 1 << 8;
    private const ulong NoExecute = 1ul << 63;
    private const int FirstWideKernelEntry = 256;
    private const int WideEntries = 512;
    private const int DirectoryPointersSize = 32;
    private const ulong NarrowPteBase = 0xC000_0000;

    // The first level whose entries never map pages.
    private const int LargestLevel = 3;

    private readonly LabAddressSpace? _system;
    private readonly List<LabAddressSpace> _processes = [];
    private readonly List<(LabAddressSpace Space, VirtualAddress Start, ulong Length)> _sharers = [];
    private readonly SortedList<ulong, MemoryRegion> _regions = [];
    private readonly PhysicalAddress[] _directories;
    private readonly List<PhysicalAddress> _tables = [];
    private PhysicalAddress _pointers;
    private int _pointersLeft;

    /// <summary>The system's address space of an x64 machine, empty but for its self-map.</summary>
    /// <param name="ram">Where page tables and pages come from.</param>
    /// <param name="selfMapIndex">The entry of the top-level table that maps the tables: 0x1ED before build 14393, random from 256 on since.</param>
    /// <param name="directoryTable">The page of the top-level table; null for any.</param>
    public LabAddressSpace(PhysicalRam ram, int selfMapIndex, PhysicalAddress? directoryTable = null)
        : this(ram, LabPaging.FourLevel, selfMapIndex, directoryTable, system: null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(selfMapIndex, FirstWideKernelEntry);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(selfMapIndex, WideEntries);
    }

    private LabAddressSpace(PhysicalRam ram, LabPaging paging, int selfMapIndex, PhysicalAddress? directoryTable, LabAddressSpace? system)
    {
        _system = system;
        Ram = ram;
        Paging = paging;
        SelfMapIndex = selfMapIndex;
        if (directoryTable is { } page)
        {
            ram.AllocateAt(page, 1);
        }

        if (paging.Directories == 1)
        {
            DirectoryTable = directoryTable ?? ram.Allocate(1, below: 1ul << 32);
            _directories = [DirectoryTable];
        }
        else
        {
            if (directoryTable is { } pointers)
            {
                (_pointers, _pointersLeft) = (pointers, PhysicalRam.PageSize / DirectoryPointersSize);
            }

            DirectoryTable = (system ?? this).TakePointers();
            _directories = [.. Enumerable.Range(0, paging.Directories).Select(_ => ram.Allocate(1))];
        }

        CopyKernelEntries();
        WriteSelfMap();
    }

    /// <summary>Makes the exception for an address that is not mapped. While a machine is built that is a mistake of the builder; while it runs, a driver's.</summary>
    public Func<VirtualAddress, Exception> Fault { get; set; } = address => new InvalidOperationException($"{address} is not mapped in the lab machine, or not in one piece");

    /// <summary>Told of every region as it is mapped, so that an emulator can map it too.</summary>
    public event Action<MemoryRegion>? RegionMapped;

    /// <summary>The RAM that everything lies in.</summary>
    public PhysicalRam Ram { get; }

    /// <summary>The form of its page tables.</summary>
    public LabPaging Paging { get; }

    /// <summary>The physical address of the top-level table: CR3 without flags.</summary>
    public PhysicalAddress DirectoryTable { get; }

    /// <summary>The entry of the directory that maps the tables themselves; with address extension, the first of four in the last directory.</summary>
    public int SelfMapIndex { get; }

    /// <summary>The tables of which each process has its own: one, with address extension four.</summary>
    public IReadOnlyList<PhysicalAddress> Directories => _directories;

    /// <summary>All tables that were made for it.</summary>
    public IEnumerable<PhysicalAddress> Tables => _directories.Concat(_tables).Append(DirectoryTable);

    /// <summary>Where the lowest-level entries appear through the self-map (<c>MmPteBase</c>).</summary>
    public VirtualAddress PteBase => new(Paging.PointerSize == sizeof(ulong) ? 0xFFFF_0000_0000_0000 | (ulong)SelfMapIndex << 39 : NarrowPteBase);

    /// <summary>The regions of this address space, ascending; those that a process shares with the system are the system's.</summary>
    public IReadOnlyList<MemoryRegion> Regions => _regions.Values.AsReadOnly();

    /// <inheritdoc/>
    public int PointerSize => Paging.PointerSize;

    /// <summary>The system's address space of an x86 machine, empty but for its self-map at C0000000h.</summary>
    /// <param name="ram">Where page tables and pages come from.</param>
    /// <param name="paging">With physical address extension or without.</param>
    /// <param name="directoryTable">The page of the directory, or of the pointers at directories.</param>
    public static LabAddressSpace CreateNarrow(PhysicalRam ram, LabPaging paging, PhysicalAddress directoryTable) =>
        new(ram, paging, paging.IndexOf(new VirtualAddress(NarrowPteBase), paging.DirectoryLevel), directoryTable, system: null);

    /// <summary>A new process's address space: the kernel's half shared, the user's empty, its self-map its own.</summary>
    public LabAddressSpace CreateProcess()
    {
        var system = _system ?? this;
        var process = new LabAddressSpace(Ram, Paging, SelfMapIndex, directoryTable: null, system);
        system._processes.Add(process);
        return process;
    }

    /// <summary>Lets this address space use the tables of another for a range of addresses: how processes share a session's space.</summary>
    /// <param name="other">The address space that has the tables.</param>
    /// <param name="start">The first address; a multiple of what an entry of a directory maps.</param>
    /// <param name="length">Bytes; rounded up to whole entries.</param>
    public void ShareTables(LabAddressSpace other, VirtualAddress start, ulong length)
    {
        var step = Paging.CoverageOf(Paging.DirectoryLevel);
        for (ulong offset = 0; offset < length; offset += step)
        {
            WriteEntry(DirectorySlot(start + offset), ReadEntry(other.DirectorySlot(start + offset)));
        }

        other._sharers.Add((this, start, length));
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

    /// <summary>Maps a run of RAM by large pages, as Windows maps its kernel. Everything is a multiple of a large page.</summary>
    public MemoryRegion MapLarge(VirtualAddress start, PhysicalAddress physical, ulong length, PageAccess access)
    {
        var size = Paging.LargePageSize;
        if (((start.Value | physical.Value | length) & (size - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, "not a multiple of a large page");
        }

        for (ulong offset = 0; offset < length; offset += size)
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

        FreeEmptyTables(region);

        _regions.Remove(region.Start.Value);
        if (free)
        {
            Ram.Free(region.Physical, region.Length / PhysicalRam.PageSize);
        }
    }

    /// <summary>Takes a process's address space out of those that share the kernel's half, and gives its directories back.</summary>
    public void Release(LabAddressSpace process)
    {
        _processes.Remove(process);
        foreach (var directory in process._directories)
        {
            Ram.Free(directory, 1);
        }
    }

    /// <summary>Changes what the processor allows on mapped pages, page by page.</summary>
    public void Protect(VirtualAddress start, ulong length, PageAccess access)
    {
        for (ulong offset = 0; offset < length; offset += PhysicalRam.PageSize)
        {
            var slot = FindEntry(start + offset, out var level);
            var entry = ReadEntry(slot);
            if (level == 0 && (entry & Valid) != 0)
            {
                WriteEntry(slot, (entry & Paging.FrameMask) | Flags(start, access));
            }
        }
    }

    /// <summary>Writes a lowest-level entry as it is: not valid ones, too (transition, prototype, paged out).</summary>
    public void SetRawEntry(VirtualAddress address, ulong entry) => SetEntry(address, level: 0, entry);

    /// <summary>The raw lowest entry that maps <paramref name="address"/>, and its level (0 for 4 KiB pages, 1 for large ones).</summary>
    public ulong GetRawEntry(VirtualAddress address, out int level) => ReadEntry(FindEntry(address, out level));

    /// <summary>An entry of a table, raw.</summary>
    /// <param name="table">Where the table is.</param>
    /// <param name="index">Which of its entries.</param>
    public ulong EntryOf(PhysicalAddress table, int index) => ReadEntry(table + (ulong)(index * Paging.EntrySize));

    /// <summary>Where <paramref name="address"/> lies in RAM; null if it is not mapped.</summary>
    public PhysicalAddress? Translate(VirtualAddress address)
    {
        var entry = ReadEntry(FindEntry(address, out var level));
        if ((entry & Valid) == 0)
        {
            return null;
        }

        var pageSize = Paging.CoverageOf(level);
        return new PhysicalAddress((entry & Paging.FrameMask & ~(pageSize - 1)) + address.Value % pageSize);
    }

    /// <summary>The host's view of a run of mapped memory inside one region.</summary>
    /// <exception cref="InvalidOperationException">The run is not mapped, or not in one piece; a machine that runs has an exception of its own.</exception>
    public Span<byte> Span(VirtualAddress address, int length) => RegionAt(address) is { } region && (ulong)length <= region.End - address
        ? new Span<byte>((byte*)region.Host + (address - region.Start), length)
        : throw Fault(address);

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
                fault = new ReadFault(ReadFaultKind.NotPresent, at.Value, PageTableLevel.PageTable, GetRawEntry(at, out _));
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
            var physical = Translate(at) ?? throw Fault(at);
            var length = (int)Math.Min((ulong)(bytes.Length - written), PhysicalRam.PageSize - at.Value % PhysicalRam.PageSize);
            bytes.Slice(written, length).CopyTo(Ram.Span(physical, length));
            written += length;
        }
    }

    /// <summary>Writes bytes of one page into a copy of it that this address space alone has, as a write to a shared page of an image does.</summary>
    /// <exception cref="InvalidOperationException">The page is not mapped.</exception>
    public void WritePrivately(VirtualAddress address, ReadOnlySpan<byte> bytes)
    {
        var shared = Translate(address) ?? throw Fault(address);
        var page = new PhysicalAddress(shared.Value & ~(PhysicalRam.PageSize - 1ul));
        var copy = Ram.Allocate(1);
        Ram.Span(page, PhysicalRam.PageSize).CopyTo(Ram.Span(copy, PhysicalRam.PageSize));
        SetRawEntry(address, (GetRawEntry(address, out _) & ~Paging.FrameMask) | copy.Value);
        Write(address, bytes);
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

    /// <summary>Writes a pointer of the machine's size.</summary>
    public void WritePointer(VirtualAddress address, VirtualAddress value)
    {
        if (PointerSize == sizeof(ulong))
        {
            WriteUInt64(address, value.Value);
        }
        else
        {
            WriteUInt32(address, (uint)value.Value);
        }
    }

    private ulong Flags(VirtualAddress address, PageAccess access) => Valid | Accessed
        | (access.HasFlag(PageAccess.Write) ? Writable | Dirty : 0)
        | (access.HasFlag(PageAccess.User) ? UserAccessible : 0)
        | (access.HasFlag(PageAccess.Execute) || !Paging.HasNoExecute ? 0 : NoExecute)
        | (Paging.IsKernel(address) ? Global : 0);

    private PhysicalAddress SlotOf(PhysicalAddress table, VirtualAddress address, int level) => table + (ulong)(Paging.IndexOf(address, level) * Paging.EntrySize);

    private PhysicalAddress DirectorySlot(VirtualAddress address) => SlotOf(_directories[Paging.DirectoryOf(address)], address, Paging.DirectoryLevel);

    private ulong ReadEntry(PhysicalAddress slot) => Paging.EntrySize == sizeof(ulong) ? *(ulong*)(Ram.Host + slot.Value) : *(uint*)(Ram.Host + slot.Value);

    private void WriteEntry(PhysicalAddress slot, ulong entry)
    {
        if (Paging.EntrySize == sizeof(ulong))
        {
            *(ulong*)(Ram.Host + slot.Value) = entry;
        }
        else
        {
            *(uint*)(Ram.Host + slot.Value) = (uint)entry;
        }
    }

    // The pointers of one process at its four directories are 32 bytes below 4 GiB; those of many lie in a page.
    private PhysicalAddress TakePointers()
    {
        if (_pointersLeft == 0)
        {
            (_pointers, _pointersLeft) = (Ram.Allocate(1, below: 1ul << 32), PhysicalRam.PageSize / DirectoryPointersSize);
        }

        _pointersLeft--;
        var taken = _pointers;
        _pointers += DirectoryPointersSize;
        return taken;
    }

    private void CopyKernelEntries()
    {
        var step = Paging.CoverageOf(Paging.DirectoryLevel);
        var end = Paging.FirstKernelAddress + step * (ulong)(Paging.EntriesPerTable * Paging.Directories / 2);
        for (var address = Paging.FirstKernelAddress; _system is not null && address != end; address = unchecked(address + step))
        {
            WriteEntry(DirectorySlot(new VirtualAddress(address)), ReadEntry(_system.DirectorySlot(new VirtualAddress(address))));
        }
    }

    private void WriteSelfMap()
    {
        var flags = Valid | Writable | Accessed | Dirty | (Paging.PointerSize == sizeof(ulong) ? NoExecute : 0);
        for (var index = 0; index < _directories.Length; index++)
        {
            WriteEntry(_directories[^1] + (ulong)((SelfMapIndex + index) * Paging.EntrySize), _directories[index].Value | flags);
            if (_directories.Length > 1)
            {
                // Of an entry at the top only the lowest bit may be set.
                WriteEntry(DirectoryTable + (ulong)(index * Paging.EntrySize), _directories[index].Value | Valid);
            }
        }
    }

    private MemoryRegion Remember(VirtualAddress start, PhysicalAddress physical, ulong length, PageAccess access)
    {
        var region = new MemoryRegion(start, physical, length, (nint)(Ram.Host + physical.Value), access);
        _regions.Add(start.Value, region);
        RegionMapped?.Invoke(region);
        return region;
    }

    private void SetEntry(VirtualAddress address, int level, ulong entry)
    {
        var table = _directories[Paging.DirectoryOf(address)];
        for (var depth = Paging.DirectoryLevel; depth > level; depth--)
        {
            var slot = SlotOf(table, address, depth);
            var next = ReadEntry(slot);
            if ((next & Valid) == 0)
            {
                next = Ram.Allocate(1).Value | Valid | Writable | Accessed | Dirty | (Paging.IsKernel(address) ? 0 : UserAccessible);
                _tables.Add(new PhysicalAddress(next & Paging.FrameMask));
                WriteEntry(slot, next);
                if (depth == Paging.DirectoryLevel)
                {
                    ShareKernelEntry(address, next);
                }
            }

            table = new PhysicalAddress(next & Paging.FrameMask);
        }

        WriteEntry(SlotOf(table, address, level), entry);
        if (level == Paging.DirectoryLevel)
        {
            ShareKernelEntry(address, entry);
        }
    }

    // Lowest tables that map nothing any more; those above them stay, and so do those that address spaces share by an entry of their own.
    private void FreeEmptyTables(MemoryRegion region)
    {
        var step = Paging.CoverageOf(1);
        for (var at = region.Start.Value & ~(step - 1); Paging.DirectoryLevel > 1 && at < region.End.Value; at += step)
        {
            var address = new VirtualAddress(at);
            var directory = _directories[Paging.DirectoryOf(address)];
            for (var depth = Paging.DirectoryLevel; depth > 1; depth--)
            {
                directory = new PhysicalAddress(ReadEntry(SlotOf(directory, address, depth)) & Paging.FrameMask);
            }

            var slot = SlotOf(directory, address, 1);
            var table = new PhysicalAddress(ReadEntry(slot) & Paging.FrameMask);
            if (!Ram.Span(table, PhysicalRam.PageSize).ContainsAnyExcept((byte)0))
            {
                WriteEntry(slot, 0);
                Ram.Free(table, 1);
            }
        }
    }

    private void ShareKernelEntry(VirtualAddress address, ulong entry)
    {
        foreach (var process in Paging.IsKernel(address) ? _processes : [])
        {
            process.WriteEntry(process.DirectorySlot(address), entry);
        }

        foreach (var (space, start, length) in _sharers)
        {
            if (address - start < length)
            {
                space.WriteEntry(space.DirectorySlot(address), entry);
            }
        }
    }

    private PhysicalAddress FindEntry(VirtualAddress address, out int level)
    {
        var table = _directories[Paging.DirectoryOf(address)];
        for (level = Paging.DirectoryLevel; ; level--)
        {
            var slot = SlotOf(table, address, level);
            var entry = ReadEntry(slot);
            if (level == 0 || (entry & Valid) == 0 || (level < LargestLevel && (entry & Large) != 0))
            {
                return slot;
            }

            table = new PhysicalAddress(entry & Paging.FrameMask);
        }
    }
}
