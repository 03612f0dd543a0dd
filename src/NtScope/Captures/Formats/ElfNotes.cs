using System.Text;

namespace NtScope.Captures.Formats;

/// <summary>The notes of ELF cores that carry processors: <c>QEMU</c> (QEMUCPUState) and <c>VBCPU</c> (DBGFCORECPU).</summary>
internal static class ElfNotes
{
    private const int NoteHeaderSize = 12;

    /// <summary>VirtualBox saves hundreds of bytes of registers and, behind them, the extended state; the fields read here end before.</summary>
    private const int VirtualBoxSize = 520;

    private const int QemuSize = 432;

    public static void Read(CaptureMedium medium, long offset, ulong size, List<ProcessorState> processors, List<string> problems)
    {
        if (size == 0)
        {
            return;
        }

        if (size > Limits.NoteBytes || offset < 0 || offset > medium.Length || (long)size > medium.Length - offset)
        {
            problems.Add($"The notes at offset 0x{offset:x} claim 0x{size:x} bytes and are left out; registers may be missing.");
            return;
        }

        var notes = medium.ReadStructure(offset, (int)size, "ELF notes").AsSpan();
        while (notes.Length >= NoteHeaderSize)
        {
            var nameSize = CaptureFormats.UInt32(notes, 0);
            var dataSize = CaptureFormats.UInt32(notes, 4);
            var dataStart = NoteHeaderSize + Aligned(nameSize);
            if (dataStart + dataSize > (ulong)notes.Length)
            {
                problems.Add("A note of the ELF core is cut short; registers may be missing.");
                return;
            }

            var name = Encoding.Latin1.GetString(notes.Slice(NoteHeaderSize, (int)nameSize)).TrimEnd('\0');
            var data = notes.Slice((int)dataStart, (int)dataSize);
            if (processors.Count < Limits.Processors)
            {
                if (name == "QEMU" && data.Length >= QemuSize)
                {
                    processors.Add(ReadQemu(data));
                }
                else if (name == "VBCPU" && data.Length >= VirtualBoxSize)
                {
                    processors.Add(ReadVirtualBox(data));
                }
            }

            notes = notes[(int)Math.Min((ulong)notes.Length, dataStart + Aligned(dataSize))..];
        }
    }

    // Version and size, 16 registers, RIP, RFLAGS, ten segments of 24 bytes (the IDT last), CR0 to CR4.
    private static ProcessorState ReadQemu(ReadOnlySpan<byte> data) => new(
        CaptureFormats.Root(CaptureFormats.UInt64(data, 416)),
        CaptureFormats.UInt64(data, 424),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 136)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 384)));

    // 18 registers, six selectors of 24 bytes, CR0, CR2, CR3, CR4, eight DRs, GDTR, IDTR, LDTR, TR, SYSENTER, EFER, STAR, PAT, LSTAR.
    private static ProcessorState ReadVirtualBox(ReadOnlySpan<byte> data) => new(
        CaptureFormats.Root(CaptureFormats.UInt64(data, 304)),
        CaptureFormats.UInt64(data, 312),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 112)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 400)),
        CaptureFormats.Address(CaptureFormats.UInt64(data, 512)));

    private static ulong Aligned(uint size) => (size + 3UL) & ~3UL;
}
