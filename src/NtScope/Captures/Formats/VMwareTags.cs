using System.Text;

namespace NtScope.Captures.Formats;

/// <summary>
/// The tags of a VMware state file: a byte of flags (count of indices in bits 6 and 7, size of the data below), the length of the name, name, indices
/// of 4 bytes, data. A size of 62 or 63 stands for two sizes (stored and in memory), a length of padding, and data behind it. Groups may lie anywhere,
/// also over one another: one allowance holds for all of them.
/// </summary>
internal sealed class VMwareTags(CaptureMedium medium, bool isNarrow)
{
    private const int LongSize = 62;

    /// <summary>The tags that say where memory is and how processors see it; files have thousands of others.</summary>
    private static readonly string[] Wanted = ["regionsCount", "regionPPN", "regionPageNum", "regionSize", "CR", "CR64"];

    private readonly MediumWindow _window = new(medium);
    private readonly Dictionary<(string Name, uint First, uint Second), ulong> _values = [];
    private int _left = Limits.SnapshotTags;

    /// <summary>What the wanted tags hold, by name and the first two indices.</summary>
    public IReadOnlyDictionary<(string Name, uint First, uint Second), ulong> Values => _values;

    /// <summary>Where memory is in this very file, if it is.</summary>
    public (long Offset, long Length)? MemoryInside { get; private set; }

    /// <summary>Reads the tags of a group up to the one that ends it.</summary>
    /// <exception cref="InputException">They do not end, or a tag leads out of the file.</exception>
    public void ReadGroup(long offset)
    {
        Span<uint> indices = stackalloc uint[3];
        while (true)
        {
            var start = _window.Structure(offset, 2, "VMware tag");
            var (flags, nameLength) = (start[0], start[1]);
            if (flags == 0 || nameLength == 0)
            {
                return;
            }

            if (_left-- == 0)
            {
                throw new InputException(medium.Name, "VMware tags", offset, $"go on past {Limits.SnapshotTags} tags");
            }

            var indexCount = flags >> 6;
            var tag = _window.Structure(offset + 2, nameLength + indexCount * sizeof(uint), "VMware tag");
            var isMemory = tag[..nameLength].SequenceEqual("Memory"u8);
            var name = NameOf(tag[..nameLength]);
            indices.Clear();
            for (var i = 0; i < indexCount; i++)
            {
                indices[i] = CaptureFormats.UInt32(tag, nameLength + i * sizeof(uint));
            }

            offset += 2 + tag.Length;
            long size = flags & 0x3F;
            if (size >= LongSize)
            {
                size = ReadLongSize(ref offset);
                if (isMemory)
                {
                    MemoryInside = (offset, size);
                }
            }

            if (name is not null)
            {
                Keep((name, indices[0], indices[1]), offset, size);
            }

            offset += size;
        }
    }

    private static string? NameOf(ReadOnlySpan<byte> name)
    {
        foreach (var wanted in Wanted)
        {
            if (Ascii.Equals(name, wanted))
            {
                return wanted;
            }
        }

        return null;
    }

    private long ReadLongSize(ref long offset)
    {
        var width = isNarrow ? sizeof(uint) : sizeof(ulong);
        var sizes = _window.Structure(offset, 2 * width + 2, "VMware tag sizes");
        var size = isNarrow ? CaptureFormats.UInt32(sizes, 0) : (long)CaptureFormats.UInt64(sizes, 0);
        offset += sizes.Length + CaptureFormats.UInt16(sizes, 2 * width);
        return size >= 0 && offset <= medium.Length && size <= medium.Length - offset
            ? size
            : throw new InputException(medium.Name, "VMware tag", offset, $"says 0x{size:x} bytes of data, more than the file has");
    }

    private void Keep((string, uint, uint) key, long offset, long size)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        value.Clear();
        var data = _window.Structure(offset, (int)Math.Min(size, value.Length), "VMware tag data");
        data.CopyTo(value);
        _values.TryAdd(key, CaptureFormats.UInt64(value, 0));
    }
}
