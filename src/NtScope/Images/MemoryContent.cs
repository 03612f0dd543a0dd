namespace NtScope.Images;

/// <summary>The bytes of an image that is mapped in memory. Pages once read are kept, for reads of a target may be slow.</summary>
internal sealed class MemoryContent(IMemory memory, VirtualAddress start, uint size) : ImageContent
{
    private const int PageSize = 0x1000;

    private readonly Dictionary<uint, byte[]> _pages = [];
    private readonly Lock _lock = new();

    public override int Read(uint rva, Span<byte> destination, out ReadFault fault)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var at = rva + (ulong)done;
            if (at >= size)
            {
                fault = new ReadFault(ReadFaultKind.Unmapped, start.Value + at);
                return done;
            }

            var page = Page((uint)(at / PageSize), out fault);
            var into = (int)(at % PageSize);
            if (into >= page.Length)
            {
                fault = fault.IsNone ? new ReadFault(ReadFaultKind.Unmapped, start.Value + at) : fault;
                return done;
            }

            var length = Math.Min(destination.Length - done, page.Length - into);
            page.AsSpan(into, length).CopyTo(destination[done..]);
            done += length;
        }

        fault = default;
        return done;
    }

    public override ReadOnlyMemory<byte> Slice(uint rva, uint length)
    {
        if (rva >= size)
        {
            return default;
        }

        var bytes = new byte[Math.Min(Math.Min(length, Limits.MappedSliceBytes), size - rva)];
        for (uint done = 0; done < bytes.Length;)
        {
            var run = (uint)Math.Min(PageSize - ((rva + done) % PageSize), bytes.Length - done);
            Read(rva + done, bytes.AsSpan((int)done, (int)run), out _);
            done += run;
        }

        return bytes;
    }

    public override ReadOnlyMemory<byte> Stored(ImageSection section) => Slice(section.Rva, Math.Min(section.VirtualSize, Limits.SearchedSectionBytes));

    public override bool TryGetOffset(uint rva, out uint offset)
    {
        offset = rva;
        return rva < size;
    }

    /// <summary>A page, shorter if its rest cannot be read, and then the fault if it was met right now.</summary>
    private byte[] Page(uint number, out ReadFault fault)
    {
        fault = default;
        lock (_lock)
        {
            if (_pages.TryGetValue(number, out var known) && known.Length > 0)
            {
                return known;
            }

            var page = new byte[(int)Math.Min(PageSize, size - (number * (ulong)PageSize))];
            var read = memory.Read(start + (number * (ulong)PageSize), page, out fault);
            if (read < page.Length)
            {
                return page[..read];
            }

            if (_pages.Count >= Limits.CachedImagePages)
            {
                _pages.Clear();
            }

            _pages[number] = page;
            return page;
        }
    }
}
