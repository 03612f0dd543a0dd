namespace NtScope.Captures.Formats;

/// <summary>
/// The notes of ELF cores that carry processors: <c>QEMU</c> (QEMUCPUState) and <c>VBCPU</c> (DBGFCORECPU). Segments of notes may lie over one
/// another: one allowance of bytes holds for all of them.
/// </summary>
internal sealed class ElfNotes(CaptureMedium medium)
{
    private const int NoteHeaderSize = 12;

    /// <summary>VirtualBox saves hundreds of bytes of registers and, behind them, the extended state; the fields read here end before.</summary>
    private const int VirtualBoxSize = 520;

    private const int QemuSize = 432;

    private readonly MediumWindow _window = new(medium);
    private readonly List<ProcessorState> _processors = [];
    private readonly List<string> _problems = [];
    private ulong _left = Limits.NoteBytes;

    /// <summary>The processors, in file order.</summary>
    public IReadOnlyList<ProcessorState> Processors => _processors;

    /// <summary>What is wrong with the notes, a sentence for the first of each kind.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the notes of one segment.</summary>
    public void Read(long offset, ulong size)
    {
        if (size == 0)
        {
            return;
        }

        if (size > _left || offset < 0 || offset > medium.Length || (long)size > medium.Length - offset)
        {
            Say("Notes that claim more bytes than the file has or a machine needs are left out; registers may be missing.");
            return;
        }

        _left -= size;
        for (var end = offset + (long)size; end - offset >= NoteHeaderSize;)
        {
            var header = _window.Structure(offset, NoteHeaderSize, "ELF note");
            var nameSize = CaptureFormats.UInt32(header, 0);
            var dataSize = CaptureFormats.UInt32(header, 4);
            var data = offset + NoteHeaderSize + Aligned(nameSize);
            if (dataSize > end - data)
            {
                Say("A note of the ELF core is cut short; registers may be missing.");
                return;
            }

            ReadProcessor(offset + NoteHeaderSize, nameSize, data, dataSize);
            offset = data + Aligned(dataSize);
        }
    }

    private void ReadProcessor(long nameOffset, uint nameSize, long data, uint dataSize)
    {
        // The names end with a zero, which counts or does not.
        if (_processors.Count == Limits.Processors || nameSize is < 4 or > 6)
        {
            return;
        }

        var name = _window.Structure(nameOffset, (int)nameSize, "ELF note").TrimEnd((byte)0);
        if (name.SequenceEqual("QEMU"u8) && dataSize >= QemuSize)
        {
            _processors.Add(ReadQemu(_window.Structure(data, QemuSize, "QEMUCPUState")));
        }
        else if (name.SequenceEqual("VBCPU"u8) && dataSize >= VirtualBoxSize)
        {
            _processors.Add(ReadVirtualBox(_window.Structure(data, VirtualBoxSize, "DBGFCORECPU")));
        }
    }

    private void Say(string problem)
    {
        if (!_problems.Contains(problem, StringComparer.Ordinal))
        {
            _problems.Add(problem);
        }
    }

    // Version and size, 16 registers, RIP, RFLAGS, ten segments of 24 bytes (the IDT last), CR0 to CR4.
    private static ProcessorState ReadQemu(ReadOnlySpan<byte> data) => new(
        CaptureFormats.Root(CaptureFormats.UInt64(data, 416), CaptureFormats.AnyRoot),
        CaptureFormats.UInt64(data, 424),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 136)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 384)));

    // 18 registers, six selectors of 24 bytes, CR0, CR2, CR3, CR4, eight DRs, GDTR, IDTR, LDTR, TR, SYSENTER, EFER, STAR, PAT, LSTAR.
    private static ProcessorState ReadVirtualBox(ReadOnlySpan<byte> data) => new(
        CaptureFormats.Root(CaptureFormats.UInt64(data, 304), CaptureFormats.AnyRoot),
        CaptureFormats.UInt64(data, 312),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 112)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 400)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 512)));

    private static long Aligned(uint size) => (size + 3L) & ~3L;
}
