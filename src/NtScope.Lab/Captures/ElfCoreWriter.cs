using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processors;

namespace NtScope.Lab.Captures;

/// <summary>Writes an ELF core of a whole machine as QEMU's <c>dump-guest-memory</c> does: notes with each processor's registers, then one segment a run of RAM.</summary>
internal static class ElfCoreWriter
{
    private const int HeaderSize = 64;
    private const int SegmentSize = 56;
    private const int ProcessorStateSize = 0x1B8;
    private const int ThreadStatusSize = 336;
    private const uint ThreadStatus = 1;
    private const int Cr0Offset = 0x188;
    private const int GeneralOffset = 8;

    // Where a _CONTEXT holds rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8 to r15, rip: the order of QEMU's record.
    private static readonly int[] ContextOffsets =
        [0x78, 0x90, 0x80, 0x88, 0xA8, 0xB0, 0x98, 0xA0, 0xB8, 0xC0, 0xC8, 0xD0, 0xD8, 0xE0, 0xE8, 0xF0, 0xF8];

    /// <summary>Writes the core.</summary>
    public static void Write(MachineMemory machine, FileStream file)
    {
        var notes = Notes(machine);
        var ranges = machine.Ram.Ranges;
        var headers = HeaderSize + SegmentSize * (ranges.Count + 1);
        var offset = (ulong)(headers + notes.Length + PhysicalRam.PageSize - 1) & ~(PhysicalRam.PageSize - 1ul);
        var head = new byte[headers];
        PutHeader(head, ranges.Count + 1);
        PutSegment(head, 0, type: 4, (ulong)headers, address: 0, (ulong)notes.Length);
        var offsets = new Dictionary<PhysicalRange, long>();
        for (var index = 0; index < ranges.Count; index++)
        {
            offsets.Add(ranges[index], (long)offset);
            PutSegment(head, index + 1, type: 1, offset, ranges[index].Start.Value, ranges[index].Length);
            offset += ranges[index].Length;
        }

        file.SetLength((long)offset);
        file.Write(head);
        file.Write(notes);
        CaptureWriter.WriteRanges(file, machine.Ram, range => offsets[range]);
    }

    private static void PutHeader(byte[] head, int segments)
    {
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(head, 0);
        Put16(head, 16, 4);
        Put16(head, 18, 62);
        Put32(head, 20, 1);
        Put64(head, 32, HeaderSize);
        Put16(head, 52, HeaderSize);
        Put16(head, 54, SegmentSize);
        Put16(head, 56, (ushort)segments);
    }

    private static void PutSegment(byte[] head, int index, uint type, ulong offset, ulong address, ulong length)
    {
        var at = HeaderSize + SegmentSize * index;
        Put32(head, at, type);
        Put64(head, at + 8, offset);
        Put64(head, at + 24, address);
        Put64(head, at + 32, length);
        Put64(head, at + 40, length);
    }

    private static byte[] Notes(MachineMemory machine)
    {
        var notes = new MemoryStream();
        foreach (var processor in machine.Processors)
        {
            PutNote(notes, "CORE", ThreadStatus, new byte[ThreadStatusSize]);
        }

        foreach (var processor in machine.Processors)
        {
            PutNote(notes, "QEMU", 0, ProcessorState(machine, processor));
        }

        return notes.ToArray();
    }

    private static byte[] ProcessorState(MachineMemory machine, LabProcessor processor)
    {
        var context = new byte[0x100];
        machine.System.Read(processor.Context, context, out _);
        var state = new byte[ProcessorStateSize];
        Put32(state, 0, 1);
        Put32(state, 4, ProcessorStateSize);
        for (var index = 0; index < ContextOffsets.Length; index++)
        {
            context.AsSpan(ContextOffsets[index], 8).CopyTo(state.AsSpan(GeneralOffset + 8 * index));
        }

        Put64(state, 0x90, 0x246);
        Put64(state, Cr0Offset, 0x8005_0033);
        Put64(state, Cr0Offset + 0x18, machine.System.DirectoryTable.Value);
        Put64(state, Cr0Offset + 0x20, 0x1506F8);
        Put64(state, Cr0Offset + 0x28, processor.ControlRegion.Value);
        return state;
    }

    private static void PutNote(MemoryStream notes, string name, uint type, byte[] description)
    {
        var text = Encoding.ASCII.GetBytes(name + '\0');
        var note = new byte[12 + (text.Length + 3) / 4 * 4 + (description.Length + 3) / 4 * 4];
        Put32(note, 0, (uint)text.Length);
        Put32(note, 4, (uint)description.Length);
        Put32(note, 8, type);
        text.CopyTo(note, 12);
        description.CopyTo(note, 12 + (text.Length + 3) / 4 * 4);
        notes.Write(note);
    }

    private static void Put16(byte[] bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), value);

    private static void Put32(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

    private static void Put64(byte[] bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), value);
}
