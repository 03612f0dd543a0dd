namespace NtScope.Captures.Paging;

/// <summary>Pages of page tables, kept: a walk comes back to the same few thousand again and again. Shared by all address spaces of a machine.</summary>
internal sealed class TablePages(IPhysicalMemory physical)
{
    private const int PageSize = 0x1000;
    private const int SlotCount = 2048;

    private readonly TablePage?[] _slots = new TablePage?[SlotCount];

    public IPhysicalMemory Physical { get; } = physical;

    /// <summary>Reads an entry; false if its page is not in the capture.</summary>
    public bool TryRead(ulong address, int size, out ulong entry)
    {
        var number = address / PageSize;
        ref var slot = ref _slots[(int)((number ^ number >> 11) % SlotCount)];
        var page = Volatile.Read(ref slot);
        if (page is null || page.Number != number)
        {
            var bytes = new byte[PageSize];
            var isThere = Physical.Read(new PhysicalAddress(number * PageSize), bytes, out _) == PageSize;
            page = new TablePage(number, isThere ? bytes : null);
            Volatile.Write(ref slot, page);
        }

        if (page.Bytes is null)
        {
            entry = 0;
            return false;
        }

        var at = (int)(address % PageSize);
        entry = size == sizeof(ulong) ? BitConverter.ToUInt64(page.Bytes, at) : BitConverter.ToUInt32(page.Bytes, at);
        return true;
    }

    // Immutable, so that readers on other threads need no lock.
    private sealed record TablePage(ulong Number, byte[]? Bytes);
}
