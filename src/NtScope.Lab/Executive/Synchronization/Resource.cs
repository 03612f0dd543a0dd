using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>An ERESOURCE in guest memory, with its owners as the kernel keeps them.</summary>
internal readonly struct Resource(LabKernel kernel, ulong address)
{
    private const int CountShift = 3;
    private const uint TableGrowth = 4;
    private const uint MaximumTable = LabLimits.Threads + TableGrowth;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Whether the memory holds a resource that is initialised and not deleted.</summary>
    public bool IsValid => _memory.ReadUInt64(address) == address && _memory.ReadUInt64(address + 8) == address;

    /// <summary>How many threads hold it.</summary>
    public uint Owners => _memory.ReadUInt32(address + ResourceLayout.ActiveEntries);

    /// <summary>Whether one thread holds it alone.</summary>
    public bool IsExclusive => (_memory.ReadUInt16(address + ResourceLayout.Flag) & ResourceLayout.OwnedExclusive) != 0;

    /// <summary>Threads that wait to share it.</summary>
    public uint SharedWaiters => _memory.ReadUInt32(address + ResourceLayout.SharedWaiters);

    /// <summary>Threads that wait to have it alone.</summary>
    public uint ExclusiveWaiters => _memory.ReadUInt32(address + ResourceLayout.ExclusiveWaiters);

    /// <summary>Makes a resource that nobody holds.</summary>
    public void Initialize()
    {
        _memory.Clear(address, ResourceLayout.Bytes);
        _memory.WriteUInt64(address, address);
        _memory.WriteUInt64(address + 8, address);
    }

    /// <summary>Makes it none.</summary>
    public void Delete()
    {
        if (_memory.ReadUInt64(address + ResourceLayout.OwnerTable) is var table && table != 0)
        {
            kernel.Pool.Free(table);
        }

        _memory.Clear(address, ResourceLayout.Bytes);
    }

    /// <summary>How often a thread has acquired it and not released it.</summary>
    public uint CountOf(ulong thread) => Find(thread) is var entry && entry == 0 ? 0 : _memory.ReadUInt32(entry + ResourceLayout.EntryCount) >> CountShift;

    /// <summary>Adds a hold of a thread.</summary>
    public void Acquire(ulong thread, bool exclusive)
    {
        var entry = Find(thread);
        if (entry == 0)
        {
            entry = Find(0) is var free and not 0 ? free : Grow();
            _memory.WriteUInt64(entry, thread);
            _memory.WriteUInt32(entry + ResourceLayout.EntryCount, 0);
            SetOwners(Owners + 1);
        }

        _memory.WriteUInt32(entry + ResourceLayout.EntryCount, _memory.ReadUInt32(entry + ResourceLayout.EntryCount) + (1 << CountShift));
        if (exclusive)
        {
            SetExclusive(true);
        }
    }

    /// <summary>Takes a hold of a thread away.</summary>
    public void Release(ulong thread)
    {
        var entry = Find(thread);
        var count = _memory.ReadUInt32(entry + ResourceLayout.EntryCount) - (1 << CountShift);
        _memory.WriteUInt32(entry + ResourceLayout.EntryCount, count);
        if (count >> CountShift == 0)
        {
            _memory.WriteUInt64(entry, 0);
            _memory.WriteUInt32(entry + ResourceLayout.EntryCount, 0);
            SetOwners(Owners - 1);
        }

        if (Owners == 0)
        {
            SetExclusive(false);
        }
    }

    /// <summary>Says whether its owner has it alone.</summary>
    public void SetExclusive(bool exclusive)
    {
        var flag = _memory.ReadUInt16(address + ResourceLayout.Flag);
        _memory.WriteUInt16(address + ResourceLayout.Flag, (ushort)(exclusive ? flag | ResourceLayout.OwnedExclusive : flag & ~ResourceLayout.OwnedExclusive));
    }

    /// <summary>Notes that a thread begins or ends to wait.</summary>
    public void Waits(bool exclusive, int change)
    {
        var counter = address + (exclusive ? ResourceLayout.ExclusiveWaiters : ResourceLayout.SharedWaiters);
        _memory.WriteUInt32(counter, (uint)(_memory.ReadInt32(counter) + change));
        if (change > 0)
        {
            _memory.WriteUInt32(address + ResourceLayout.ContentionCount, _memory.ReadUInt32(address + ResourceLayout.ContentionCount) + 1);
        }
    }

    private void SetOwners(uint count)
    {
        _memory.WriteUInt32(address + ResourceLayout.ActiveEntries, count);
        _memory.WriteUInt16(address + ResourceLayout.ActiveCount, count == 0 ? (ushort)0 : (ushort)1);
    }

    // The entry of a thread, or with 0 a free one; 0 if there is none.
    private ulong Find(ulong thread)
    {
        if (_memory.ReadUInt64(address + ResourceLayout.OwnerEntry) == thread)
        {
            return address + ResourceLayout.OwnerEntry;
        }

        var table = _memory.ReadUInt64(address + ResourceLayout.OwnerTable);
        var size = TableSize(table);
        for (var i = 1UL; i < size; i++)
        {
            if (_memory.ReadUInt64(table + (i * ResourceLayout.EntryBytes)) == thread)
            {
                return table + (i * ResourceLayout.EntryBytes);
            }
        }

        return 0;
    }

    private uint TableSize(ulong table)
    {
        var size = table == 0 ? 0 : _memory.ReadUInt32(table + ResourceLayout.EntryCount);
        return size <= MaximumTable ? size : throw kernel.Stop("bad-lock", $"the owners of resource 0x{address:x} are overwritten", kernel.Threads.Current.Trap.Caller?.Name);
    }

    private ulong Grow()
    {
        var old = _memory.ReadUInt64(address + ResourceLayout.OwnerTable);
        var size = TableSize(old);
        var table = kernel.Pool.Allocate((size + TableGrowth) * ResourceLayout.EntryBytes, "ReTa");
        if (old != 0)
        {
            _memory.Write(table, _memory.Span(old, (int)(size * ResourceLayout.EntryBytes)));
            kernel.Pool.Free(old);
        }

        _memory.WriteUInt32(table + ResourceLayout.EntryCount, size + TableGrowth);
        _memory.WriteUInt64(address + ResourceLayout.OwnerTable, table);
        return table + (Math.Max(size, 1) * ResourceLayout.EntryBytes);
    }
}
