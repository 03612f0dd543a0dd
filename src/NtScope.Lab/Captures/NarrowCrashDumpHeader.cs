using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Captures;

/// <summary>Writes <c>DUMP_HEADER32</c>, the first page of a crash dump of x86.</summary>
internal static class NarrowCrashDumpHeader
{
    /// <summary>Its size in bytes.</summary>
    public const int Size = 0x1000;

    private const int RunsOffset = 0x64;
    private const int ContextOffset = 0x320;
    private const int ContextSize = 1200;
    private const int ExceptionOffset = 0x7D0;
    private const int ExceptionSize = 0x50;
    private const int InstructionPointerInContext = 0xB8;
    private const int CommentOffset = 0x820;

    /// <summary>Writes a header.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="type">The dump's type.</param>
    /// <param name="fileSize">How long the file will be, in bytes.</param>
    public static byte[] Write(MachineMemory machine, uint type, ulong fileSize)
    {
        var header = new byte[Size];
        for (var at = 0; at < Size; at += 4)
        {
            "PAGE"u8.CopyTo(header.AsSpan(at));
        }

        "PAGEDUMP"u8.CopyTo(header);
        Put32(header, 0x08, 0xF);
        Put32(header, 0x0C, (uint)machine.Version.Build);
        Put32(header, 0x10, (uint)machine.System.DirectoryTable.Value);
        Put32(header, 0x14, 0);
        Put32(header, 0x18, (uint)machine.LoadedModuleList.Value);
        Put32(header, 0x1C, (uint)machine.ActiveProcessHead.Value);
        Put32(header, 0x20, 0x14C);
        Put32(header, 0x24, (uint)machine.Processors.Count);
        Put32(header, 0x28, CrashDumpWriter.ManuallyInitiatedCrash);
        header.AsSpan(0x2C, 0x30).Clear();
        header[0x5C] = (byte)(machine.System.Paging.Directories > 1 ? 1 : 0);
        Put32(header, 0x60, (uint)machine.DebuggerDataBlock.Value);
        PutRuns(header, machine.Ram);
        PutContext(header, machine);
        header.AsSpan(CommentOffset, 128).Clear();
        Encoding.ASCII.GetBytes(CrashDumpWriter.Comment).CopyTo(header, CommentOffset);
        Put32(header, 0xF88, type);
        Put32(header, 0xF94, 1);
        Put32(header, 0xF98, 0x110);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(0xFA0), fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(0xFB8), (ulong)(machine.CaptureTime - machine.BootTime));
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(0xFC0), (ulong)machine.CaptureTime);
        return header;
    }

    private static void PutRuns(byte[] header, PhysicalRam ram)
    {
        var pages = 0u;
        for (var index = 0; index < ram.Ranges.Count; index++)
        {
            var count = (uint)(ram.Ranges[index].Length / PhysicalRam.PageSize);
            Put32(header, RunsOffset + 8 + 8 * index, (uint)(ram.Ranges[index].Start.Value / PhysicalRam.PageSize));
            Put32(header, RunsOffset + 12 + 8 * index, count);
            pages += count;
        }

        Put32(header, RunsOffset, (uint)ram.Ranges.Count);
        Put32(header, RunsOffset + 4, pages);
    }

    private static void PutContext(byte[] header, MachineMemory machine)
    {
        var context = header.AsSpan(ContextOffset, ContextSize);
        context.Clear();
        var processor = machine.Processors[0];
        machine.System.Read(processor.Context, context[..Math.Min(ContextSize, processor.ContextSize)], out _);
        header.AsSpan(ExceptionOffset, ExceptionSize).Clear();
        Put32(header, ExceptionOffset, CrashDumpWriter.BreakpointException);
        context.Slice(InstructionPointerInContext, sizeof(uint)).CopyTo(header.AsSpan(ExceptionOffset + 0xC));
    }

    private static void Put32(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
}
