namespace NtScope.Testing.Captures;

/// <summary>Small captures whose headers share structures, so that work or memory multiplies for a reader that trusts each of them.</summary>
public static class HostileCaptures
{
    private const int ElfHeaderSize = 64;
    private const int SegmentSize = 56;

    /// <summary>A VMware state file whose groups all lead to the same tags.</summary>
    public static byte[] VMwareSharedTags(int groups, int tags)
    {
        const int GroupSize = 80;
        var tagsAt = 12 + groups * GroupSize;
        var file = new BytesAt(tagsAt + tags * 4 + 2).Put(0, 0xBED2BED2).Put(8, (uint)groups);
        for (var group = 0; group < groups; group++)
        {
            file.Put(12 + group * GroupSize, "cpu"u8).Put(12 + group * GroupSize + 64, (ulong)tagsAt);
        }

        for (var tag = 0; tag < tags; tag++)
        {
            // One byte of data, a name of one letter.
            file.Put(tagsAt + tag * 4, "\u0001\u0001x\0"u8);
        }

        return file.Bytes;
    }

    /// <summary>An ELF core whose note segments all lead to the same notes, empty ones; a page of memory makes it a capture.</summary>
    public static byte[] ElfSharedNotes(int segments, int notes)
    {
        var notesAt = (ulong)(ElfHeaderSize + (segments + 1) * SegmentSize);
        var noteBytes = (ulong)notes * 12;
        var file = Elf(segments + 1, (int)noteBytes + PhysicalPages.PageSize);
        for (var i = 0; i < segments; i++)
        {
            PutSegment(file, i, type: 4, notesAt, address: 0, noteBytes);
        }

        PutSegment(file, segments, type: 1, notesAt + noteBytes, address: 0, PhysicalPages.PageSize);
        return file.Bytes;
    }

    /// <summary>An ELF core whose runs of memory all lie on the same bytes of the file.</summary>
    public static byte[] ElfSharedRuns(int runs, int bytes)
    {
        var file = Elf(runs, bytes);
        for (var i = 0; i < runs; i++)
        {
            PutSegment(file, i, type: 1, (ulong)(ElfHeaderSize + runs * SegmentSize), (ulong)i * 2 * (uint)bytes, (ulong)bytes);
        }

        return file.Bytes;
    }

    private static BytesAt Elf(int segments, int content) => new BytesAt(ElfHeaderSize + segments * SegmentSize + content)
        .Put(0, "\x7F\x45LF\x02\x01\x01"u8)
        .Put(16, (ushort)4)
        .Put(18, (ushort)62)
        .Put(32, (ulong)ElfHeaderSize)
        .Put(54, (ushort)SegmentSize)
        .Put(56, checked((ushort)segments));

    private static void PutSegment(BytesAt file, int index, uint type, ulong offset, ulong address, ulong size) => file
        .Put(ElfHeaderSize + index * SegmentSize, type)
        .Put(ElfHeaderSize + index * SegmentSize + 8, offset)
        .Put(ElfHeaderSize + index * SegmentSize + 24, address)
        .Put(ElfHeaderSize + index * SegmentSize + 32, size)
        .Put(ElfHeaderSize + index * SegmentSize + 40, size);
}
