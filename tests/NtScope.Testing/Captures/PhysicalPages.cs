namespace NtScope.Testing.Captures;

/// <summary>The physical memory of a machine that a test makes up: pages of 4 KiB, the rest is missing.</summary>
public sealed class PhysicalPages
{
    /// <summary>The size of a page in bytes.</summary>
    public const int PageSize = 0x1000;

    private readonly SortedDictionary<ulong, byte[]> _pages = [];

    /// <summary>The pages by number, ascending.</summary>
    public IReadOnlyDictionary<ulong, byte[]> Pages => _pages;

    /// <summary>Runs of pages that follow one another: first page and count.</summary>
    public IReadOnlyList<(ulong First, ulong Count)> Runs
    {
        get
        {
            var runs = new List<(ulong First, ulong Count)>();
            foreach (var page in _pages.Keys)
            {
                if (runs.Count > 0 && runs[^1].First + runs[^1].Count == page)
                {
                    runs[^1] = (runs[^1].First, runs[^1].Count + 1);
                }
                else
                {
                    runs.Add((page, 1));
                }
            }

            return runs;
        }
    }

    /// <summary>The page with this number, made of zeros if it was missing.</summary>
    public byte[] this[ulong page]
    {
        get
        {
            if (!_pages.TryGetValue(page, out var bytes))
            {
                _pages[page] = bytes = new byte[PageSize];
            }

            return bytes;
        }
    }

    /// <summary>Writes bytes at a physical address, over as many pages as it takes.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var page = this[address / PageSize].AsSpan((int)(address % PageSize));
            var count = Math.Min(page.Length, bytes.Length);
            bytes[..count].CopyTo(page);
            bytes = bytes[count..];
            address += (ulong)count;
        }
    }

    /// <summary>Writes eight bytes at a physical address.</summary>
    public void WriteUInt64(ulong address, ulong value) => Write(address, BitConverter.GetBytes(value));

    /// <summary>Writes four bytes at a physical address.</summary>
    public void WriteUInt32(ulong address, uint value) => Write(address, BitConverter.GetBytes(value));

    /// <summary>Fills whole pages with bytes that tell their address, so that a read from the wrong place shows.</summary>
    public PhysicalPages WithPattern(ulong firstPage, ulong count)
    {
        for (var page = firstPage; page < firstPage + count; page++)
        {
            var bytes = this[page];
            for (var i = 0; i < PageSize; i += sizeof(ulong))
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i), page * PageSize + (ulong)i ^ 0x5A5A_5A5A_0000_0000);
            }
        }

        return this;
    }
}
