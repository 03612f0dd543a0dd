namespace NtScope.Testing.Captures;

/// <summary>Writes ELF64 cores of virtual machines: a note segment, then one PT_LOAD a run of pages.</summary>
public static class ElfCoreWriter
{
    /// <summary>A core as QEMU's dump-guest-memory writes it: a note <c>QEMU</c> with QEMUCPUState for each processor.</summary>
    public static byte[] Qemu(PhysicalPages memory, ulong control3, ulong control4 = 0x370678, ulong interruptTable = 0, int processors = 1) =>
        Write(memory, "QEMU\0"u8, type: 0, processors, new BytesAt(440)
            .Put(0, 1U)
            .Put(4, 440U)
            .Put(8 + 16 * 8, 0xFFFFF804_13A0B2D0UL)
            .Put(152 + 9 * 24 + 16, interruptTable)
            .Put(392 + 3 * 8, control3)
            .Put(392 + 4 * 8, control4)
            .Bytes);

    /// <summary>A core as VirtualBox's dumpvmcore writes it: a note <c>VBCPU</c> with DBGFCORECPU for each processor.</summary>
    public static byte[] VirtualBox(PhysicalPages memory, ulong control3, ulong systemCallEntry, int processors = 1) =>
        Write(memory, "VBCPU\0"u8, type: 0xB01, processors, new BytesAt(1024)
            .Put(14 * 8, 0xFFFFF804_13A0B2D0UL)
            .Put(18 * 8 + 6 * 24 + 16, control3)
            .Put(18 * 8 + 6 * 24 + 24, 0x370678UL)
            .Put(512, systemCallEntry)
            .Bytes);

    private static byte[] Write(PhysicalPages memory, ReadOnlySpan<byte> name, uint type, int processors, byte[] state)
    {
        const int HeaderSize = 64;
        const int SegmentSize = 56;
        var runs = memory.Runs;
        var note = new BytesAt(12 + 8 + state.Length)
            .Put(0, (uint)name.Length)
            .Put(4, (uint)state.Length)
            .Put(8, type)
            .Put(12, name)
            .Put(20, state)
            .Bytes;
        var notes = Enumerable.Repeat(note, processors).SelectMany(bytes => bytes).ToArray();
        var notesAt = HeaderSize + SegmentSize * (runs.Count + 1);
        var headers = new BytesAt(notesAt)
            .Put(0, "\x7F\x45LF\x02\x01\x01"u8)
            .Put(16, (ushort)4)
            .Put(18, (ushort)62)
            .Put(20, 1U)
            .Put(32, (ulong)HeaderSize)
            .Put(52, (ushort)HeaderSize)
            .Put(54, (ushort)SegmentSize)
            .Put(56, (ushort)(runs.Count + 1))
            .Put(HeaderSize, 4U)
            .Put(HeaderSize + 8, (ulong)notesAt)
            .Put(HeaderSize + 32, (ulong)notes.Length);
        var offset = (ulong)(notesAt + notes.Length);
        for (var i = 0; i < runs.Count; i++)
        {
            var at = HeaderSize + SegmentSize * (i + 1);
            var size = runs[i].Count * PhysicalPages.PageSize;
            headers.Put(at, 1U).Put(at + 8, offset).Put(at + 24, runs[i].First * PhysicalPages.PageSize).Put(at + 32, size).Put(at + 40, size);
            offset += size;
        }

        return [.. headers.Bytes, .. notes, .. memory.Pages.Values.SelectMany(page => page)];
    }
}
