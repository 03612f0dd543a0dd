using System.Text;

namespace NtScope.Captures.Formats;

/// <summary>
/// A VMware state file: a header of 12 bytes (signature, a number, count of groups), groups of 80 bytes (name, place of its tags, size), and tags:
/// a byte of flags (count of indices in bits 6 and 7, size of the data below), the length of the name, name, indices of 4 bytes, data. A size of
/// 62 or 63 stands for two sizes (stored and in memory), a length of padding, and data behind it.
/// </summary>
internal sealed class VMwareState
{
    private const int HeaderSize = 12;
    private const int GroupSize = 80;
    private const int GroupNameSize = 64;

    private VMwareState(IReadOnlyList<VMwareRegion> regions, IReadOnlyList<ProcessorState> processors, (long Offset, long Length)? memoryInside)
    {
        Regions = regions;
        Processors = processors;
        MemoryInside = memoryInside;
    }

    /// <summary>The regions of memory; none if it is in one piece from address 0.</summary>
    public IReadOnlyList<VMwareRegion> Regions { get; }

    /// <summary>The processors whose CR3 was saved.</summary>
    public IReadOnlyList<ProcessorState> Processors { get; }

    /// <summary>Where memory is in this very file, if it is.</summary>
    public (long Offset, long Length)? MemoryInside { get; }

    public static bool HasSignature(ReadOnlySpan<byte> start) => start.Length >= 4 && CaptureFormats.UInt32(start, 0)
        is 0xBED2BED0 or 0xBAD1BAD1 or 0xBED2BED2 or 0xBED3BED3 or 0xBED0BED2;

    public static VMwareState Read(CaptureMedium medium)
    {
        var header = medium.ReadStructure(0, HeaderSize, "VMware state header");
        var isNarrow = (header[0] & 0xF) == 0;
        var count = CaptureFormats.UInt32(header, 8);
        if (count > Limits.SnapshotGroups)
        {
            throw new InputException(medium.Name, "VMware state header", 8, $"says {count} groups; real ones have below {Limits.SnapshotGroups}");
        }

        var values = new Dictionary<(string Name, uint First, uint Second), ulong>();
        (long, long)? memoryInside = null;
        var groups = medium.ReadStructure(HeaderSize, (int)count * GroupSize, "VMware groups");
        for (var group = groups.AsSpan(); group.Length > 0; group = group[GroupSize..])
        {
            var name = group[..GroupNameSize];
            if (name.StartsWith("memory\0"u8) || name.StartsWith("cpu\0"u8))
            {
                ReadTags(medium, (long)CaptureFormats.UInt64(group, GroupNameSize), isNarrow, values, ref memoryInside);
            }
        }

        return new VMwareState(ReadRegions(medium, values), ReadProcessors(values), memoryInside);
    }

    private static void ReadTags(
        CaptureMedium medium,
        long offset,
        bool isNarrow,
        Dictionary<(string, uint, uint), ulong> values,
        ref (long Offset, long Length)? memoryInside)
    {
        Span<byte> data = stackalloc byte[8];
        for (var tags = 0; ; tags++)
        {
            if (tags == Limits.SnapshotTags)
            {
                throw new InputException(medium.Name, "VMware tags", offset, $"go on past {Limits.SnapshotTags} tags");
            }

            var start = medium.ReadStructure(offset, 2, "VMware tag");
            var nameLength = start[1];
            if (start[0] == 0 || nameLength == 0)
            {
                return;
            }

            var indexCount = start[0] >> 6;
            var tag = medium.ReadStructure(offset + 2, nameLength + indexCount * 4, "VMware tag");
            var name = Encoding.Latin1.GetString(tag, 0, nameLength);
            offset += 2 + tag.Length;
            long size = start[0] & 0x3F;
            if (size >= 62)
            {
                var sizeWidth = isNarrow ? 4 : 8;
                var sizes = medium.ReadStructure(offset, 2 * sizeWidth + 2, "VMware tag sizes");
                size = isNarrow ? CaptureFormats.UInt32(sizes, 0) : (long)CaptureFormats.UInt64(sizes, 0);
                offset += sizes.Length + CaptureFormats.UInt16(sizes, 2 * sizeWidth);
                if (size < 0 || offset > medium.Length || size > medium.Length - offset)
                {
                    throw new InputException(medium.Name, "VMware tag", offset, $"says 0x{size:x} bytes of data, more than the file has");
                }

                if (name == "Memory")
                {
                    memoryInside = (offset, size);
                }
            }

            data.Clear();
            var width = (int)Math.Min(size, data.Length);
            if (medium.Read(offset, data[..width]) == width)
            {
                var first = indexCount > 0 ? CaptureFormats.UInt32(tag, nameLength) : 0;
                var second = indexCount > 1 ? CaptureFormats.UInt32(tag, nameLength + 4) : 0;
                values.TryAdd((name, first, second), CaptureFormats.UInt64(data, 0));
            }

            offset += size;
        }
    }

    private static List<VMwareRegion> ReadRegions(CaptureMedium medium, Dictionary<(string, uint, uint), ulong> values)
    {
        var count = values.TryGetValue(("regionsCount", 0, 0), out var stated) ? stated : 0;
        if (count > Limits.SnapshotRegions)
        {
            throw new InputException(medium.Name, $"VMware tag regionsCount says {count} regions; real ones have below {Limits.SnapshotRegions}");
        }

        var regions = new List<VMwareRegion>((int)count);
        for (var i = 0U; i < count; i++)
        {
            if (!values.TryGetValue(("regionPPN", i, 0), out var page)
                || !values.TryGetValue(("regionPageNum", i, 0), out var filePage)
                || !values.TryGetValue(("regionSize", i, 0), out var size))
            {
                throw new InputException(medium.Name, $"VMware region {i} lacks its page, its place or its size");
            }

            regions.Add(new VMwareRegion((uint)page, (uint)filePage, (uint)size));
        }

        return regions;
    }

    private static List<ProcessorState> ReadProcessors(Dictionary<(string, uint, uint), ulong> values)
    {
        var processors = new List<ProcessorState>();
        for (var i = 0U; i < Limits.Processors; i++)
        {
            var isWide = values.TryGetValue(("CR64", i, 3), out var control3);
            if (!isWide && !values.TryGetValue(("CR", i, 3), out control3))
            {
                break;
            }

            var control4 = values.TryGetValue((isWide ? "CR64" : "CR", i, 4), out var found) ? found : (ulong?)null;
            processors.Add(new ProcessorState(CaptureFormats.Root(control3), control4));
        }

        return processors;
    }
}
