using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Processors;

namespace NtScope.Lab.Captures;

/// <summary>Writes an ELF core of a whole machine as QEMU's <c>dump-guest-memory</c> does: notes with each processor's registers, then one segment a run of RAM.</summary>
internal static class ElfCoreWriter
{
    private const int WideHeaderSize = 64;
    private const int WideSegmentSize = 56;
    private const int NarrowHeaderSize = 52;
    private const int NarrowSegmentSize = 32;
    private const int ProcessorStateSize = 0x1B8;
    private const int WideThreadStatusSize = 336;
    private const int NarrowThreadStatusSize = 144;
    private const int RegistersBeforeR8 = 8;
    private const int InstructionPointerSlot = 16;
    private const uint ThreadStatus = 1;
    private const int Cr0Offset = 0x188;
    private const int GeneralOffset = 8;

    // Where a _CONTEXT holds rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8 to r15, rip: the order of QEMU's record.
    private static readonly int[] WideContextOffsets =
        [0x78, 0x90, 0x80, 0x88, 0xA8, 0xB0, 0x98, 0xA0, 0xB8, 0xC0, 0xC8, 0xD0, 0xD8, 0xE0, 0xE8, 0xF0, 0xF8];

    // Where a _CONTEXT of x86 holds eax, ebx, ecx, edx, esi, edi, esp, ebp, eip.
    private static readonly int[] NarrowContextOffsets = [0xB0, 0xA4, 0xAC, 0xA8, 0xA0, 0x9C, 0xC4, 0xB4, 0xB8];

    /// <summary>Writes the core: of x86 a 32-bit one, as QEMU does for a guest that is not in long mode.</summary>
    public static void Write(MachineMemory machine, FileStream file)
    {
        var notes = Notes(machine);
        var ranges = machine.Ram.Ranges;
        var isNarrow = machine.Options.Kernel.IsNarrow;
        var (headerSize, segmentSize) = isNarrow ? (NarrowHeaderSize, NarrowSegmentSize) : (WideHeaderSize, WideSegmentSize);
        var headers = headerSize + segmentSize * (ranges.Count + 1);
        var offset = (ulong)(headers + notes.Length + PhysicalRam.PageSize - 1) & ~(PhysicalRam.PageSize - 1ul);
        var head = new byte[headers];
        PutHeader(head, isNarrow, headerSize, segmentSize, ranges.Count + 1);
        PutSegment(head.AsSpan(headerSize), isNarrow, type: 4, (ulong)headers, address: 0, (ulong)notes.Length);
        var offsets = new Dictionary<PhysicalRange, long>();
        for (var index = 0; index < ranges.Count; index++)
        {
            offsets.Add(ranges[index], (long)offset);
            PutSegment(head.AsSpan(headerSize + segmentSize * (index + 1)), isNarrow, type: 1, offset, ranges[index].Start.Value, ranges[index].Length);
            offset += ranges[index].Length;
        }

        file.SetLength((long)offset);
        file.Write(head);
        file.Write(notes);
        CaptureWriter.WriteRanges(file, machine.Ram, range => offsets[range]);
    }

    private static void PutHeader(byte[] head, bool isNarrow, int headerSize, int segmentSize, int segments)
    {
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)(isNarrow ? 1 : 2), 1, 1 }.CopyTo(head, 0);
        Put16(head, 16, 4);
        Put16(head, 18, (ushort)(isNarrow ? 3 : 62));
        Put32(head, 20, 1);
        Put32(head, isNarrow ? 28 : 32, (uint)headerSize);
        var sizes = isNarrow ? 40 : 52;
        Put16(head, sizes, (ushort)headerSize);
        Put16(head, sizes + 2, (ushort)segmentSize);
        Put16(head, sizes + 4, (ushort)segments);
    }

    private static void PutSegment(Span<byte> segment, bool isNarrow, uint type, ulong offset, ulong address, ulong length)
    {
        Put32(segment, 0, type);
        if (isNarrow)
        {
            Put32(segment, 4, (uint)offset);
            Put32(segment, 12, (uint)address);
            Put32(segment, 16, (uint)length);
            Put32(segment, 20, (uint)length);
            return;
        }

        Put64(segment, 8, offset);
        Put64(segment, 24, address);
        Put64(segment, 32, length);
        Put64(segment, 40, length);
    }

    private static byte[] Notes(MachineMemory machine)
    {
        var notes = new MemoryStream();
        var statusSize = machine.Options.Kernel.IsNarrow ? NarrowThreadStatusSize : WideThreadStatusSize;
        foreach (var processor in machine.Processors)
        {
            PutNote(notes, "CORE", ThreadStatus, new byte[statusSize]);
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
        if (machine.Options.Kernel.IsNarrow)
        {
            for (var index = 0; index < NarrowContextOffsets.Length; index++)
            {
                var slot = index < RegistersBeforeR8 ? index : InstructionPointerSlot;
                context.AsSpan(NarrowContextOffsets[index], 4).CopyTo(state.AsSpan(GeneralOffset + 8 * slot));
            }
        }
        else
        {
            for (var index = 0; index < WideContextOffsets.Length; index++)
            {
                context.AsSpan(WideContextOffsets[index], 8).CopyTo(state.AsSpan(GeneralOffset + 8 * index));
            }
        }

        Put64(state, 0x90, 0x246);
        Put64(state, Cr0Offset, 0x8005_0033);
        Put64(state, Cr0Offset + 0x18, machine.System.DirectoryTable.Value);
        Put64(state, Cr0Offset + 0x20, machine.Options.Kernel.ControlRegister4);
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

    private static void Put16(Span<byte> bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[offset..], value);

    private static void Put32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);

    private static void Put64(Span<byte> bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
}
