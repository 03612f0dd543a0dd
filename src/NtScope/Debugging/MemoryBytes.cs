namespace NtScope.Debugging;

/// <summary>A run of memory with holes: what was read, and which bytes could not be.</summary>
public sealed class MemoryBytes
{
    private const int PageSize = 0x1000;

    private readonly byte[] _bytes;
    private readonly bool[] _readable;

    private MemoryBytes(VirtualAddress start, int length)
    {
        Start = start;
        _bytes = new byte[length];
        _readable = new bool[length];
    }

    /// <summary>Where it starts.</summary>
    public VirtualAddress Start { get; }

    /// <summary>Its length in bytes, holes included.</summary>
    public int Length => _bytes.Length;

    /// <summary>Reads <paramref name="length"/> bytes, page by page behind a hole.</summary>
    public static MemoryBytes Read(IMemory memory, VirtualAddress start, int length)
    {
        var result = new MemoryBytes(start, length);
        for (var done = 0; done < length;)
        {
            var read = memory.Read(start + (ulong)done, result._bytes.AsSpan(done), out _);
            result._readable.AsSpan(done, read).Fill(true);
            done += read;
            if (done < length)
            {
                done += PageSize - (int)((start.Value + (ulong)done) % PageSize);
            }
        }

        return result;
    }

    /// <summary>The little-endian number of <paramref name="size"/> bytes at <paramref name="offset"/>; false if one of them is missing.</summary>
    public bool TryGet(int offset, int size, out ulong value)
    {
        value = 0;
        for (var i = size - 1; i >= 0; i--)
        {
            if (!_readable[offset + i])
            {
                value = 0;
                return false;
            }

            value = (value << 8) | _bytes[offset + i];
        }

        return true;
    }

    /// <summary>The byte as a dump shows it on the right: itself if ASCII can print it, else a dot.</summary>
    public static char Printable(byte value) => value is >= 0x20 and < 0x7f ? (char)value : '.';
}
