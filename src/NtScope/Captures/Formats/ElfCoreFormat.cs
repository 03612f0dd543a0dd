namespace NtScope.Captures.Formats;

/// <summary>
/// ELF cores of virtual machines, 64-bit and 32-bit: PT_LOAD segments give physical memory (p_paddr), PT_NOTE the processors. Both QEMU's
/// <c>dump-guest-memory</c> and VirtualBox's <c>debugvm dumpvmcore</c> write them.
/// </summary>
internal static class ElfCoreFormat
{
    private const int CoreFile = 4;
    private const uint LoadSegment = 1;
    private const uint NoteSegment = 4;
    private const ushort ExtendedCount = 0xFFFF;
    private const int WideSegmentSize = 56;
    private const int NarrowSegmentSize = 32;

    public static bool HasSignature(ReadOnlySpan<byte> start) =>
        start.Length >= 16 && CaptureFormats.UInt32(start, 0) == 0x464C457F && start[4] is 1 or 2;

    public static CaptureLayout Read(CaptureMedium medium)
    {
        var isWide = medium.ReadStructure(0, 16, "ELF identification")[4] == 2;
        var header = medium.ReadStructure(0, isWide ? 64 : 52, "ELF header");
        if (header[5] != 1 || CaptureFormats.UInt16(header, 16) != CoreFile)
        {
            throw new InputException(medium.Name, "ELF header", 16, "is not a little-endian core file: only cores of whole virtual machines hold a Windows");
        }

        var table = isWide ? (long)CaptureFormats.UInt64(header, 32) : CaptureFormats.UInt32(header, 28);
        var entrySize = CaptureFormats.UInt16(header, isWide ? 54 : 42);
        var count = SegmentCount(medium, header, isWide);
        if (entrySize < (isWide ? WideSegmentSize : NarrowSegmentSize) || count > Limits.CaptureRuns)
        {
            throw new InputException(medium.Name, "ELF program headers", table, $"say {count} segments of {entrySize} bytes");
        }

        var runs = new List<FileRun>();
        var notes = new ElfNotes(medium);
        var headers = new MediumWindow(medium);
        for (var i = 0U; i < count; i++)
        {
            var segment = headers.Structure(unchecked(table + i * entrySize), isWide ? WideSegmentSize : NarrowSegmentSize, "ELF program header");
            var offset = isWide ? (long)CaptureFormats.UInt64(segment, 8) : CaptureFormats.UInt32(segment, 4);
            var physical = isWide ? CaptureFormats.UInt64(segment, 24) : CaptureFormats.UInt32(segment, 12);
            var size = isWide ? CaptureFormats.UInt64(segment, 32) : CaptureFormats.UInt32(segment, 16);
            switch (CaptureFormats.UInt32(segment, 0))
            {
                case LoadSegment when size <= long.MaxValue:
                    runs.Add(new FileRun(physical, size, offset));
                    break;
                case NoteSegment:
                    notes.Read(offset, size);
                    break;
            }
        }

        var machine = CaptureFormats.UInt16(header, 18);
        return new CaptureLayout(
            CaptureFormat.ElfCore,
            "ELF core of a virtual machine",
            runs,
            new CaptureHeader
            {
                // 62 is x86-64; a 32-bit guest may still be in such a core, so only the narrow file says x86 for sure.
                Architecture = machine == 3 ? ProcessorArchitecture.X86 : machine == 183 ? ProcessorArchitecture.Arm64 : ProcessorArchitecture.Unknown,
                ProcessorCount = notes.Processors.Count == 0 ? null : (uint)notes.Processors.Count,
                Processors = notes.Processors,
                DirectoryTable = notes.Processors.Count == 0 ? null : notes.Processors[0].DirectoryTable,
            },
            notes.Problems);
    }

    private static uint SegmentCount(CaptureMedium medium, byte[] header, bool isWide)
    {
        var count = CaptureFormats.UInt16(header, isWide ? 56 : 44);
        if (count != ExtendedCount)
        {
            return count;
        }

        // More than 0xFFFE segments: sh_info of the first section header has the count.
        var sections = isWide ? (long)CaptureFormats.UInt64(header, 40) : CaptureFormats.UInt32(header, 32);
        var section = medium.ReadStructure(sections, isWide ? 64 : 40, "ELF section header");
        return CaptureFormats.UInt32(section, isWide ? 44 : 28);
    }
}
