using System.Collections.Concurrent;
using System.Numerics;

namespace NtScope.Captures.Paging;

/// <summary>The address spaces of a machine, over its physical memory. Safe to use from several threads.</summary>
public sealed class AddressSpaces : IAddressSpaces
{
    private readonly ConcurrentDictionary<ulong, AddressSpace> _spaces = new();
    private readonly PagingGeometry _geometry;
    private readonly TablePages _tables;

    /// <summary>The address spaces of <paramref name="physical"/>.</summary>
    /// <param name="physical">The machine's memory.</param>
    /// <param name="mode">The form of its page tables.</param>
    /// <param name="systemDirectoryTable">The root of the system's tables; flag bits are ignored.</param>
    public AddressSpaces(IPhysicalMemory physical, PagingMode mode, PhysicalAddress systemDirectoryTable)
    {
        _geometry = PagingGeometry.Of(mode);
        _tables = new TablePages(physical);
        SystemDirectoryTable = Root(systemDirectoryTable);
        System = Space(SystemDirectoryTable);
        Masks = new EntryMasks(0, AboveMemory(physical));
    }

    /// <summary>The form of the page tables.</summary>
    public PagingMode Mode => _geometry.Mode;

    /// <inheritdoc/>
    public PhysicalAddress SystemDirectoryTable { get; }

    /// <summary>The system's address space.</summary>
    public IMemory System { get; }

    /// <summary>
    /// The bits that Windows sets in entries that are not valid (InvalidPteMask in <c>MiState.Hardware</c>); 0 until it is known. Set it before the
    /// address spaces are shared.
    /// </summary>
    public ulong InvalidMask
    {
        get => Masks.Invalid;
        set => Masks = Masks with { Invalid = value };
    }

    /// <inheritdoc/>
    public IMemory Open(PhysicalAddress directoryTable) => Space(Root(directoryTable));

    /// <inheritdoc/>
    public Translation Explain(PhysicalAddress directoryTable, VirtualAddress address) => Space(Root(directoryTable)).Explain(address);

    internal EntryMasks Masks { get; private set; }

    internal bool TryReadPrototype(VirtualAddress address, out PhysicalAddress physical, out ulong entry)
    {
        entry = 0;
        return Space(SystemDirectoryTable).TryTranslatePool(address, out physical)
            && _tables.TryRead(physical.Value, _geometry.EntrySize, out entry);
    }

    private static ulong AboveMemory(IPhysicalMemory physical)
    {
        var end = physical.Ranges.Count == 0 ? 0 : physical.Ranges[^1].End.Value;
        var bits = Math.Max(32, 64 - BitOperations.LeadingZeroCount(end));
        return bits >= 48 ? 0 : 0xFFFF_FFFF_F000 & ~((1UL << bits) - 1);
    }

    private PhysicalAddress Root(PhysicalAddress directoryTable) => new(directoryTable.Value & _geometry.RootMask);

    private AddressSpace Space(PhysicalAddress root)
    {
        if (_spaces.TryGetValue(root.Value, out var space))
        {
            return space;
        }

        // A hostile process list may name any number of roots; what falls out of the cache is only read again.
        if (_spaces.Count >= Limits.AddressSpaces)
        {
            _spaces.Clear();
        }

        return _spaces.GetOrAdd(root.Value, _ => new AddressSpace(this, _geometry, _tables, root));
    }
}
