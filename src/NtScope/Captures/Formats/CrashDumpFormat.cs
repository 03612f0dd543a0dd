using System.Numerics;
using System.Runtime.InteropServices;

namespace NtScope.Captures.Formats;

/// <summary>
/// Windows kernel crash dumps, 64-bit (<c>PAGEDU64</c>, a header of two pages) and 32-bit (<c>PAGEDUMP</c>, one page). Behind the header, by type:
/// runs of pages (1), a summary with a bitmap (2), a bitmap header (5, 6, 7), or a list of page ranges (8, 9, 0xA).
/// </summary>
internal static class CrashDumpFormat
{
    private const int PageSize = 0x1000;
    private const ulong Signature64 = 0x3436554445474150;
    private const ulong Signature32 = 0x504D554445474150;
    private const uint ValidDump = 0x504D5544;
    private const uint SummarySignature = 0x504D4453;
    private const uint FullBitmapSignature = 0x504D4446;
    private const uint RangesSignature = 0x504D4452;

    public static bool HasSignature(ReadOnlySpan<byte> start) =>
        start.Length >= 8 && CaptureFormats.UInt64(start, 0) is Signature64 or Signature32;

    public static CaptureLayout Read(CaptureMedium medium)
    {
        var start = medium.ReadStructure(0, PageSize, "DUMP_HEADER");
        var isWide = CaptureFormats.UInt64(start, 0) == Signature64;
        var header = isWide ? medium.ReadStructure(0, CrashDumpHeader.Size64, "DUMP_HEADER64") : start;
        var facts = isWide ? CrashDumpHeader.Read64(header) : CrashDumpHeader.Read32(header);
        var bits = isWide ? "64-bit" : "32-bit";
        var type = CaptureFormats.UInt32(header, isWide ? 0xF98 : 0xF88);
        var problems = new List<string>();
        return type switch
        {
            1 => new CaptureLayout(CaptureFormat.FullDump, $"{bits} complete crash dump", Runs(medium, header, isWide), facts, problems),
            2 => new CaptureLayout(CaptureFormat.KernelDump, $"{bits} kernel crash dump", Summary(medium, header.Length, isWide), facts, problems),
            5 or 6 or 7 => new CaptureLayout(CaptureFormat.BitmapDump, $"{bits} {BitmapName(type)} dump", Bitmap(medium, header.Length, problems), facts, problems),
            8 or 9 or 0xA when isWide => new CaptureLayout(CaptureFormat.RangeDump, $"{bits} {RangesName(type)} dump", PageRanges(medium, problems), facts, problems),
            3 or 4 => throw new InputException(medium.Name, "DumpType", isWide ? 0xF98 : 0xF88, "is a small memory dump, which holds no physical pages: take a kernel or complete dump"),
            _ => throw new InputException(medium.Name, "DumpType", isWide ? 0xF98 : 0xF88, $"0x{type:x} is not a known kind of {bits} crash dump"),
        };
    }

    private static string BitmapName(uint type) => type switch
    {
        5 => "bitmap (complete or active)",
        6 => "bitmap (kernel or live)",
        _ => "automatic",
    };

    private static string RangesName(uint type) => type switch
    {
        8 => "kernel memory (debugger)",
        9 => "kernel and user memory (debugger)",
        _ => "complete memory (debugger)",
    };

    // PHYSICAL_MEMORY_DESCRIPTOR in the header: count, pages, then base page and page count of each run; their pages follow the header.
    private static List<FileRun> Runs(CaptureMedium medium, byte[] header, bool isWide)
    {
        var block = isWide ? 0x88 : 0x64;
        var entrySize = isWide ? 16 : 8;
        var first = block + (isWide ? 16 : 8);
        var count = CaptureFormats.UInt32(header, block);
        var room = (uint)(block + 700 - first) / (uint)entrySize;
        if (count == 0 || count > room)
        {
            throw new InputException(medium.Name, "PhysicalMemoryBlock", block, $"says {count} runs; the header has room for {room}");
        }

        var runs = new List<FileRun>((int)count);
        long offset = header.Length;
        for (var i = 0; i < count; i++)
        {
            var at = first + i * entrySize;
            var basePage = isWide ? CaptureFormats.UInt64(header, at) : CaptureFormats.UInt32(header, at);
            var pages = isWide ? CaptureFormats.UInt64(header, at + 8) : CaptureFormats.UInt32(header, at + 4);
            var length = CaptureFormats.PageBytes(medium, "PhysicalMemoryBlock", at, pages);
            runs.Add(new FileRun(CaptureFormats.PageBytes(medium, "PhysicalMemoryBlock", at, basePage), length, offset));
            offset = unchecked(offset + (long)length) < offset ? long.MaxValue : offset + (long)length;
        }

        return runs;
    }

    // SUMMARY_DUMP: options, size of all headers, bits, pages at 8, 0xC, 0x10, 0x14; an RTL_BITMAP at 0x18, its bits behind it.
    private static List<FileRun> Summary(CaptureMedium medium, int offset, bool isWide)
    {
        var bitsOffset = isWide ? 0x28 : 0x20;
        var summary = medium.ReadStructure(offset, bitsOffset, "SUMMARY_DUMP");
        if (CaptureFormats.UInt32(summary, 0) != SummarySignature || CaptureFormats.UInt32(summary, 4) != ValidDump)
        {
            throw new InputException(medium.Name, "SUMMARY_DUMP", offset, "has no SDMP signature");
        }

        long firstPage = CaptureFormats.UInt32(summary, 0xC);
        var pages = CaptureFormats.UInt32(summary, 0x14);
        var bits = CaptureFormats.UInt32(summary, 0x18);
        if (firstPage < offset || firstPage >= medium.Length)
        {
            throw new InputException(medium.Name, "SUMMARY_DUMP", offset + 0xC, $"puts the first page at 0x{firstPage:x}, outside the file");
        }

        // The size counts from the start of the file; a file that is longer by the dump header alone counts from behind it.
        if (firstPage + (long)pages * PageSize + offset == medium.Length)
        {
            firstPage += offset;
        }

        return BitmapRuns(medium, offset + bitsOffset, bits, firstPage, out _);
    }

    // The bitmap header: first page's offset, pages present, bits at 0x20, 0x28, 0x30; the bits at 0x38.
    private static List<FileRun> Bitmap(CaptureMedium medium, int offset, List<string> problems)
    {
        const int BitsOffset = 0x38;
        var bitmap = medium.ReadStructure(offset, BitsOffset, "bitmap header");
        if (CaptureFormats.UInt32(bitmap, 0) is not (SummarySignature or FullBitmapSignature) || CaptureFormats.UInt32(bitmap, 4) != ValidDump)
        {
            throw new InputException(medium.Name, "bitmap header", offset, "has no SDMP or FDMP signature");
        }

        var firstPage = CaptureFormats.UInt64(bitmap, 0x20);
        var present = CaptureFormats.UInt64(bitmap, 0x28);
        var bits = CaptureFormats.UInt64(bitmap, 0x30);
        if (firstPage < (ulong)offset || firstPage >= (ulong)medium.Length)
        {
            throw new InputException(medium.Name, "bitmap header", offset + 0x20, $"puts the first page at 0x{firstPage:x}, outside the file");
        }

        var runs = BitmapRuns(medium, offset + BitsOffset, bits, (long)firstPage, out var counted);
        if (counted != present)
        {
            problems.Add($"The bitmap has {counted} pages, its header says {present}.");
        }

        return runs;
    }

    private static List<FileRun> BitmapRuns(CaptureMedium medium, long offset, ulong bits, long firstPage, out ulong counted)
    {
        var byteCount = bits / 8 + (bits % 8 == 0 ? 0UL : 1);
        if (byteCount == 0 || byteCount > Limits.CaptureBitmapBytes || (ulong)(firstPage - offset) < byteCount)
        {
            throw new InputException(medium.Name, "page bitmap", offset, $"says {bits} bits, which do not fit before the first page");
        }

        var words = new ulong[(int)((byteCount + 7) / 8)];
        if (medium.Read(offset, MemoryMarshal.AsBytes(words.AsSpan())[..(int)byteCount]) != (int)byteCount)
        {
            throw new InputException(medium.Name, "page bitmap", offset, "could not be read from the medium");
        }

        if (bits % 64 != 0)
        {
            words[^1] &= (1UL << (int)(bits % 64)) - 1;
        }

        var runs = new List<FileRun>();
        counted = 0;
        ulong page = 0;
        while (Next(words, page, wanted: true) is { } start)
        {
            page = Next(words, start, wanted: false) ?? (ulong)words.Length * 64;
            if (runs.Count == Limits.CaptureRuns)
            {
                throw new InputException(medium.Name, "page bitmap", offset, $"has more than {Limits.CaptureRuns} runs of pages");
            }

            runs.Add(new FileRun(start * PageSize, (page - start) * PageSize, firstPage + (long)counted * PageSize));
            counted += page - start;
        }

        return runs;
    }

    private static ulong? Next(ReadOnlySpan<ulong> words, ulong from, bool wanted)
    {
        for (var i = (int)(from / 64); i < words.Length; i++)
        {
            var word = wanted ? words[i] : ~words[i];
            if ((ulong)i == from / 64)
            {
                word &= ulong.MaxValue << (int)(from % 64);
            }

            if (word != 0)
            {
                return (ulong)i * 64 + (ulong)BitOperations.TrailingZeroCount(word);
            }
        }

        return null;
    }

    // RDMP: marker 0x40, signatures, size of the list and offset of the first page at 0x10 and 0x18; pairs of base page and count from 0x30.
    private static List<FileRun> PageRanges(CaptureMedium medium, List<string> problems)
    {
        const int ListOffset = 0x30;
        const int EntrySize = 16;
        var header = medium.ReadStructure(CrashDumpHeader.Size64, ListOffset, "RDMP header");
        if (CaptureFormats.UInt32(header, 4) != RangesSignature || CaptureFormats.UInt32(header, 8) != ValidDump)
        {
            throw new InputException(medium.Name, "RDMP header", CrashDumpHeader.Size64, "has no RDMP signature");
        }

        var listBytes = CaptureFormats.UInt64(header, 0x10);
        var firstPage = CaptureFormats.UInt64(header, 0x18);
        long list = CrashDumpHeader.Size64 + ListOffset;
        if (firstPage < (ulong)list || firstPage >= (ulong)medium.Length || listBytes > Limits.CaptureRuns * (ulong)EntrySize)
        {
            throw new InputException(medium.Name, "RDMP header", CrashDumpHeader.Size64 + 0x10, $"puts the first page at 0x{firstPage:x} behind a list of 0x{listBytes:x} bytes, which does not fit");
        }

        var size = (int)Math.Min(listBytes, firstPage - (ulong)list) / EntrySize * EntrySize;
        var entries = medium.ReadStructure(list, size, "list of page ranges");
        var runs = new List<FileRun>();
        var offset = (long)firstPage;
        for (var at = 0; at < size; at += EntrySize)
        {
            var basePage = CaptureFormats.UInt64(entries, at);
            var length = CaptureFormats.PageBytes(medium, "list of page ranges", list + at, CaptureFormats.UInt64(entries, at + 8));
            if (basePage == 0 || length == 0)
            {
                break;
            }

            runs.Add(new FileRun(CaptureFormats.PageBytes(medium, "list of page ranges", list + at, basePage), length, offset));
            if ((ulong)(medium.Length - offset) < length)
            {
                problems.Add("The list of page ranges names more pages than the file holds.");
                break;
            }

            offset += (long)length;
        }

        return runs;
    }
}
