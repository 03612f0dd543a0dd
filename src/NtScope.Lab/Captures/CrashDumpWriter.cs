using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Captures;

/// <summary>Writes Windows crash dumps: <c>DUMP_HEADER64</c> or <c>DUMP_HEADER32</c>, then the pages of each run, or a bitmap of pages and those.</summary>
internal static class CrashDumpWriter
{
    private const int HeaderSize = 0x2000;
    private const int BitmapHeaderSize = 0x38;
    private const int SummaryHeaderSize = 0x20;
    private const int BitmapsSince = 9200;
    private const uint SummaryType = 2;
    private const int RunsOffset = 0x88;
    private const int ContextOffset = 0x348;
    private const int ContextSize = 3000;
    private const int ExceptionOffset = 0xF00;
    private const int CommentOffset = 0xFB0;

    /// <summary>The bug check of every dump.</summary>
    public const uint ManuallyInitiatedCrash = 0xE2;

    /// <summary>The exception of every dump.</summary>
    public const uint BreakpointException = 0x8000_0003;

    /// <summary>The comment of every dump.</summary>
    public const string Comment = "Written by the NtScope lab";

    /// <summary>Writes a dump.</summary>
    /// <exception cref="ArgumentException">The machine's Windows writes no such dumps.</exception>
    public static void Write(MachineMemory machine, CaptureFormat format, FileStream file)
    {
        var isOldNarrow = machine.Options.Kernel is { IsNarrow: true, Version.Build: < BitmapsSince };
        var type = format switch
        {
            CaptureFormat.Dump => 1u,
            CaptureFormat.Bitmap when isOldNarrow => throw new ArgumentException($"{machine.Version} of x86 writes no bitmap dumps: they came with Windows 8", nameof(format)),
            CaptureFormat.Bitmap => 5u,
            _ => isOldNarrow ? SummaryType : 6u,
        };
        if (type == 1)
        {
            WriteRuns(machine, file);
        }
        else
        {
            WriteBitmap(machine, file, type);
        }
    }

    private static void WriteRuns(MachineMemory machine, FileStream file)
    {
        var offsets = new Dictionary<PhysicalRange, long>();
        var length = (long)HeaderSizeOf(machine);
        foreach (var range in machine.Ram.Ranges)
        {
            offsets.Add(range, length);
            length += (long)range.Length;
        }

        file.SetLength(length);
        file.Write(Header(machine, type: 1, (ulong)length));
        CaptureWriter.WriteRanges(file, machine.Ram, range => offsets[range]);
    }

    private static void WriteBitmap(MachineMemory machine, FileStream file, uint type)
    {
        var pages = machine.Ram.Ranges[^1].End.Value / PhysicalRam.PageSize;
        var included = type == 5 ? InUse(machine, pages) : machine.Smear?.KernelPages ?? KernelPages.Of(machine.Processes.Select(process => process.Space), pages);
        var present = 0ul;
        foreach (var word in included)
        {
            present += (ulong)System.Numerics.BitOperations.PopCount(word);
        }

        var bitsOffset = type == SummaryType ? SummaryHeaderSize : BitmapHeaderSize;
        var bitmap = new byte[(bitsOffset + (int)((pages + 7) / 8) + PhysicalRam.PageSize - 1) / PhysicalRam.PageSize * PhysicalRam.PageSize];
        var firstPage = HeaderSizeOf(machine) + bitmap.Length;
        (type == 5 ? "FDMPDUMP"u8 : "SDMPDUMP"u8).CopyTo(bitmap);
        if (type == SummaryType)
        {
            Put32(bitmap, 0x0C, (uint)firstPage);
            Put32(bitmap, 0x10, (uint)pages);
            Put32(bitmap, 0x14, (uint)present);
            Put32(bitmap, 0x18, (uint)pages);
        }
        else
        {
            Put64(bitmap, 0x20, (ulong)firstPage);
            Put64(bitmap, 0x28, present);
            Put64(bitmap, 0x30, pages);
        }

        for (var index = 0; index < included.Length && bitsOffset + index * 8 + 8 <= bitmap.Length; index++)
        {
            Put64(bitmap, bitsOffset + index * 8, included[index]);
        }

        file.Write(Header(machine, type, (ulong)firstPage + present * PhysicalRam.PageSize));
        file.Write(bitmap);
        for (ulong page = 0; page < pages; page++)
        {
            if ((included[page / 64] >> (int)(page % 64) & 1) != 0)
            {
                file.Write(machine.Ram.Span(new PhysicalAddress(page * PhysicalRam.PageSize), PhysicalRam.PageSize));
            }
        }
    }

    private static ulong[] InUse(MachineMemory machine, ulong pages)
    {
        var bits = new ulong[(pages + 63) / 64];
        for (ulong page = 0; page < pages; page++)
        {
            if (machine.Ram.IsInUse(new PhysicalAddress(page * PhysicalRam.PageSize)))
            {
                bits[page / 64] |= 1ul << (int)(page % 64);
            }
        }

        return bits;
    }

    private static int HeaderSizeOf(MachineMemory machine) => machine.Options.Kernel.IsNarrow ? NarrowCrashDumpHeader.Size : HeaderSize;

    private static byte[] Header(MachineMemory machine, uint type, ulong fileSize)
    {
        if (machine.Options.Kernel.IsNarrow)
        {
            return NarrowCrashDumpHeader.Write(machine, type, fileSize);
        }

        var header = new byte[HeaderSize];
        for (var at = 0; at < HeaderSize; at += 4)
        {
            "PAGE"u8.CopyTo(header.AsSpan(at));
        }

        "PAGEDU64"u8.CopyTo(header);
        Put32(header, 0x08, 0xF);
        Put32(header, 0x0C, (uint)machine.Version.Build);
        Put64(header, 0x10, machine.System.DirectoryTable.Value);
        Put64(header, 0x18, 0);
        Put64(header, 0x20, machine.LoadedModuleList.Value);
        Put64(header, 0x28, machine.ActiveProcessHead.Value);
        Put32(header, 0x30, 0x8664);
        Put32(header, 0x34, (uint)machine.Processors.Count);
        Put32(header, 0x38, ManuallyInitiatedCrash);
        header.AsSpan(0x40, 0x20).Clear();
        header.AsSpan(0x60, 0x20).Clear();
        Put64(header, 0x80, machine.DebuggerDataBlock.Value);
        PutRuns(header, machine.Ram);
        PutContext(header, machine);
        Put32(header, 0xF98, type);
        Put64(header, 0xFA0, fileSize);
        Put64(header, 0xFA8, (ulong)machine.CaptureTime);
        var comment = header.AsSpan(CommentOffset, 128);
        comment.Clear();
        Encoding.ASCII.GetBytes(Comment).CopyTo(comment);
        header.AsSpan(0x1030, 0x20).Clear();
        Put64(header, 0x1030, (ulong)(machine.CaptureTime - machine.BootTime));
        Put32(header, 0x1040, 1);
        Put32(header, 0x1044, 0x110);
        return header;
    }

    private static void PutRuns(byte[] header, PhysicalRam ram)
    {
        header.AsSpan(RunsOffset, 16 + 16 * ram.Ranges.Count).Clear();
        Put32(header, RunsOffset, (uint)ram.Ranges.Count);
        var pages = 0ul;
        for (var index = 0; index < ram.Ranges.Count; index++)
        {
            var count = ram.Ranges[index].Length / PhysicalRam.PageSize;
            Put64(header, RunsOffset + 16 + 16 * index, ram.Ranges[index].Start.Value / PhysicalRam.PageSize);
            Put64(header, RunsOffset + 24 + 16 * index, count);
            pages += count;
        }

        Put64(header, RunsOffset + 8, pages);
    }

    // The registers of the processor that wrote the dump, and the breakpoint it stopped at.
    private static void PutContext(byte[] header, MachineMemory machine)
    {
        var context = header.AsSpan(ContextOffset, ContextSize);
        context.Clear();
        var processor = machine.Processors[0];
        machine.System.Read(processor.Context, context[..Math.Min(ContextSize, processor.ContextSize)], out _);
        header.AsSpan(ExceptionOffset, 0x98).Clear();
        Put32(header, ExceptionOffset, BreakpointException);
        context.Slice(0xF8, 8).CopyTo(header.AsSpan(ExceptionOffset + 0x10));
    }

    private static void Put32(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

    private static void Put64(byte[] bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), value);
}
