namespace NtScope.Captures.Formats;

/// <summary>
/// A VMware state file: a header of 12 bytes (signature, a number, count of groups), groups of 80 bytes (name, place of its tags, size), and the
/// <see cref="VMwareTags"/> of each.
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

        var tags = new VMwareTags(medium, isNarrow);
        var groups = medium.ReadStructure(HeaderSize, (int)count * GroupSize, "VMware groups");
        for (var group = groups.AsSpan(); group.Length > 0; group = group[GroupSize..])
        {
            var name = group[..GroupNameSize];
            if (name.StartsWith("memory\0"u8) || name.StartsWith("cpu\0"u8))
            {
                tags.ReadGroup((long)CaptureFormats.UInt64(group, GroupNameSize));
            }
        }

        return new VMwareState(ReadRegions(medium, tags.Values), ReadProcessors(tags.Values), tags.MemoryInside);
    }

    private static List<VMwareRegion> ReadRegions(CaptureMedium medium, IReadOnlyDictionary<(string, uint, uint), ulong> values)
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

    private static List<ProcessorState> ReadProcessors(IReadOnlyDictionary<(string, uint, uint), ulong> values)
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
            processors.Add(new ProcessorState(CaptureFormats.Root(control3, CaptureFormats.AnyRoot), control4));
        }

        return processors;
    }
}
