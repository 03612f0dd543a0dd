namespace NtScope.Kernel.Locating;

/// <summary>Walks the mapped pages of a stretch of addresses for those that begin like an image.</summary>
internal static class ImageHeaderSearch
{
    private const ulong PageSize = 0x1000;

    /// <summary>Goes on from <paramref name="address"/> to the next page that begins with <c>MZ</c>.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="address">Where to start; the page found, when there is one. Go on behind it.</param>
    /// <param name="end">Where the stretch ends.</param>
    /// <param name="pages">How many pages may still be looked at.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static bool TryFindNext(IMemory memory, ref ulong address, ulong end, ref int pages, CancellationToken cancellation)
    {
        Span<byte> start = stackalloc byte[2];
        while (address < end && pages-- > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (memory.TryRead(new VirtualAddress(address), start, out var fault) && start.SequenceEqual("MZ"u8))
            {
                return true;
            }

            // Where tables end, whole stretches of addresses are skipped: the fault tells the level whose entry is empty.
            var size = fault.Kind is ReadFaultKind.NotPresent or ReadFaultKind.NotCaptured ? Coverage(fault.Level, memory.PointerSize) : PageSize;
            var next = (address & ~(size - 1)) + size;
            if (next <= address)
            {
                break;
            }

            address = next;
        }

        return false;
    }

    private static ulong Coverage(PageTableLevel level, int pointerSize) => level switch
    {
        PageTableLevel.PageDirectory => pointerSize == sizeof(ulong) ? 2UL << 20 : 1UL << 20,
        PageTableLevel.PageDirectoryPointer => 1UL << 30,
        PageTableLevel.PageMap4 => 1UL << 39,
        PageTableLevel.PageMap5 => 1UL << 48,
        _ => PageSize,
    };
}
