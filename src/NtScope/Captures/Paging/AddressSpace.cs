namespace NtScope.Captures.Paging;

/// <summary>Virtual memory under one root of page tables.</summary>
internal sealed class AddressSpace : IMemory
{
    private const int PageShift = 12;
    private const ulong PageSize = 1 << PageShift;
    private const int CacheSlots = 512;
    private const ulong ValidBit = 1;
    private const ulong LargeBit = 1 << 7;

    private readonly AddressSpaces _machine;
    private readonly PagingGeometry _geometry;
    private readonly TablePages _tables;
    private readonly ulong _root;
    private readonly CachedTranslation?[] _cache = new CachedTranslation?[CacheSlots];

    public AddressSpace(AddressSpaces machine, PagingGeometry geometry, TablePages tables, PhysicalAddress root)
    {
        _machine = machine;
        _geometry = geometry;
        _tables = tables;
        _root = root.Value;
    }

    public int PointerSize => _geometry.PointerSize;

    public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = unchecked(address.Value + (uint)done);
            var walk = Translate(at);
            if (!walk.Fault.IsNone || (at < address.Value))
            {
                fault = walk.Fault.IsNone ? new ReadFault(ReadFaultKind.NonCanonical, at) : walk.Fault;
                return done;
            }

            // Pages that follow one another in physical memory too are read in one go.
            var length = walk.PageSize - (at & (walk.PageSize - 1));
            while (length < (ulong)(destination.Length - done)
                && Translate(unchecked(at + length)) is { Fault.IsNone: true } next
                && next.Physical == walk.Physical + length)
            {
                length += next.PageSize;
            }

            var part = destination.Slice(done, (int)Math.Min(length, (ulong)(destination.Length - done)));
            var read = _tables.Physical.Read(new PhysicalAddress(walk.Physical), part, out var physicalFault);
            done += read;
            if (read != part.Length)
            {
                fault = physicalFault.Kind == ReadFaultKind.Medium
                    ? new ReadFault(ReadFaultKind.Medium, at + (uint)read)
                    : new ReadFault(ReadFaultKind.NotCaptured, at + (uint)read, PageTableLevel.None, walk.Physical + (uint)read);
                return done;
            }
        }

        fault = default;
        return done;
    }

    /// <summary>The walk with every entry that it read.</summary>
    public Translation Explain(VirtualAddress address)
    {
        var steps = new List<TranslationStep>(_geometry.LevelCount + 1);
        var walk = Walk(address.Value, steps, followsPrototypes: true);
        return new Translation(
            address,
            new PhysicalAddress(_root),
            steps,
            walk.Fault.IsNone ? new PhysicalAddress(walk.Physical) : null,
            walk.Fault.IsNone ? walk.PageSize : 0,
            walk.Fault);
    }

    /// <summary>Translates without following a prototype entry: prototype entries lie in pool, never behind another one.</summary>
    public bool TryTranslatePool(VirtualAddress address, out PhysicalAddress physical)
    {
        var walk = Walk(address.Value, steps: null, followsPrototypes: false);
        physical = new PhysicalAddress(walk.Physical);
        return walk.Fault.IsNone;
    }

    private PageWalk Translate(ulong address)
    {
        var page = address >> PageShift;
        ref var slot = ref _cache[(int)(page % CacheSlots)];
        var cached = Volatile.Read(ref slot);
        if (cached is not null && cached.Page == page)
        {
            return new PageWalk(cached.Physical | (address & (PageSize - 1)), PageSize, default);
        }

        var walk = Walk(address, steps: null, followsPrototypes: true);
        if (walk.Fault.IsNone)
        {
            Volatile.Write(ref slot, new CachedTranslation(page, walk.Physical & ~(PageSize - 1)));
        }

        return walk;
    }

    private PageWalk Walk(ulong address, List<TranslationStep>? steps, bool followsPrototypes)
    {
        if (!_geometry.IsCanonical(address))
        {
            return new PageWalk(0, 0, new ReadFault(ReadFaultKind.NonCanonical, address));
        }

        var table = _root;
        for (var level = 0; ; level++)
        {
            var name = _geometry.NameOf(level);
            var entryAddress = table + _geometry.EntryOffset(level, address);
            if (!_tables.TryRead(entryAddress, _geometry.EntrySize, out var entry))
            {
                steps?.Add(new TranslationStep(name, new PhysicalAddress(entryAddress), 0, PageEntryKind.NotCaptured));
                return new PageWalk(0, 0, new ReadFault(ReadFaultKind.NotCaptured, address, name, entryAddress));
            }

            var isValid = (entry & ValidBit) != 0;
            var isPage = _geometry.IsLast(level) || (isValid && _geometry.CanMapPage(level) && (entry & LargeBit) != 0);
            if (isValid)
            {
                steps?.Add(new TranslationStep(name, new PhysicalAddress(entryAddress), entry, isPage ? PageEntryKind.Page : PageEntryKind.Table));
                table = _geometry.Frame(level, entry, isPage && !_geometry.IsLast(level));
            }
            else if (!TryResolve(address, level, new PhysicalAddress(entryAddress), entry, steps, followsPrototypes, out table, out var fault))
            {
                return new PageWalk(0, 0, fault);
            }

            if (isPage)
            {
                var size = _geometry.Coverage(level);
                return new PageWalk(table | (address & (size - 1)), size, default);
            }
        }
    }

    // A transition entry can stand at every level: page tables are pageable too.
    private bool TryResolve(
        ulong address,
        int level,
        PhysicalAddress entryAddress,
        ulong entry,
        List<TranslationStep>? steps,
        bool followsPrototypes,
        out ulong frame,
        out ReadFault fault)
    {
        var name = _geometry.NameOf(level);
        var software = SoftwareEntry.Decode(_geometry, entry, _machine.Masks, isPrototype: false);
        steps?.Add(new TranslationStep(name, entryAddress, entry, software.Kind));
        frame = software.Frame;
        fault = default;
        switch (software.Kind)
        {
            case PageEntryKind.Transition:
                return true;
            case PageEntryKind.Prototype when followsPrototypes && software.Prototype is { } prototype && _geometry.IsLast(level):
                return TryFollowPrototype(address, prototype, steps, out frame, out fault);
            default:
                fault = new ReadFault(FaultOf(software.Kind), address, name, entry);
                return false;
        }
    }

    private bool TryFollowPrototype(ulong address, VirtualAddress prototype, List<TranslationStep>? steps, out ulong frame, out ReadFault fault)
    {
        frame = 0;
        if (!_machine.TryReadPrototype(prototype, out var physical, out var entry))
        {
            steps?.Add(new TranslationStep(PageTableLevel.PageTable, default, 0, PageEntryKind.NotCaptured, IsPrototype: true));
            fault = new ReadFault(ReadFaultKind.NotResident, address, PageTableLevel.PageTable, prototype.Value);
            return false;
        }

        if ((entry & ValidBit) != 0)
        {
            steps?.Add(new TranslationStep(PageTableLevel.PageTable, physical, entry, PageEntryKind.Page, IsPrototype: true));
            frame = _geometry.Frame(_geometry.LevelCount - 1, entry, isLarge: false);
            fault = default;
            return true;
        }

        var software = SoftwareEntry.Decode(_geometry, entry, _machine.Masks, isPrototype: true);
        steps?.Add(new TranslationStep(PageTableLevel.PageTable, physical, entry, software.Kind, IsPrototype: true));
        frame = software.Frame;
        fault = software.Kind == PageEntryKind.Transition
            ? default
            : new ReadFault(FaultOf(software.Kind), address, PageTableLevel.PageTable, entry);
        return software.Kind == PageEntryKind.Transition;
    }

    private static ReadFaultKind FaultOf(PageEntryKind kind) => kind switch
    {
        PageEntryKind.PageFile => ReadFaultKind.PagedOut,
        PageEntryKind.Empty => ReadFaultKind.NotPresent,
        _ => ReadFaultKind.NotResident,
    };

    private sealed record CachedTranslation(ulong Page, ulong Physical);
}
