using System.Text;

namespace NtScope.Testing.Captures;

/// <summary>
/// Writes Windows crash dumps as mindumpdef.h and published descriptions of the formats lay them out: DUMP_HEADER64 of two pages, DUMP_HEADER32 of
/// one, SUMMARY_DUMP32/64, the bitmap header of Windows 8 and later, and the page ranges of WinDbg's <c>.dump /k /ka /f</c>.
/// </summary>
public static class CrashDumpWriter
{
    private const int PageSize = PhysicalPages.PageSize;
    private const int Header64Size = 0x2000;
    private const int Header32Size = 0x1000;

    /// <summary>A complete dump of type 1: runs in the header, pages behind it.</summary>
    public static byte[] Full64(PhysicalPages memory, CrashDumpFacts facts)
    {
        var header = Header64(memory, facts, type: 1);
        return Join(header.Bytes, memory);
    }

    /// <summary>A kernel dump of type 2 with SUMMARY_DUMP64.</summary>
    public static byte[] Kernel64(PhysicalPages memory, CrashDumpFacts facts)
    {
        var bits = Bits(memory);
        var firstPage = Up(Header64Size + 0x28 + bits.Length);
        var headers = Header64(memory, facts, type: 2, firstPage)
            .Put(Header64Size, "SDMPDUMP"u8)
            .Put(Header64Size + 0xC, (uint)firstPage)
            .Put(Header64Size + 0x10, (uint)bits.Length * 8)
            .Put(Header64Size + 0x14, (uint)memory.Pages.Count)
            .Put(Header64Size + 0x18, (uint)bits.Length * 8)
            .Put(Header64Size + 0x28, bits);
        return Join(headers.Bytes, memory);
    }

    /// <summary>A bitmap dump: type 5 or 6, signature <c>FDMP</c> or <c>SDMP</c>.</summary>
    public static byte[] Bitmap64(PhysicalPages memory, CrashDumpFacts facts, uint type = 5)
    {
        var bits = Bits(memory);
        var firstPage = Up(Header64Size + 0x38 + bits.Length);
        return Join(PutBitmap(Header64(memory, facts, type, firstPage), Header64Size, type, bits, firstPage, memory), memory);
    }

    /// <summary>A bitmap dump of a 32-bit machine.</summary>
    public static byte[] Bitmap32(PhysicalPages memory, CrashDumpFacts facts, uint type = 5)
    {
        var bits = Bits(memory);
        var firstPage = Up(Header32Size + 0x38 + bits.Length);
        return Join(PutBitmap(Header32(memory, facts, type, firstPage), Header32Size, type, bits, firstPage, memory), memory);
    }

    /// <summary>A dump by page ranges: type 8, 9 or 0xA.</summary>
    public static byte[] Ranges64(PhysicalPages memory, CrashDumpFacts facts, uint type)
    {
        var runs = memory.Runs;
        var metadata = Up(0x40 + (runs.Count + 1) * 16) - 0x20;
        var firstPage = metadata + 0x2020;
        var headers = Header64(memory, facts, type, firstPage)
            .Put(Header64Size, 0x40U)
            .Put(Header64Size + 4, "RDMPDUMP"u8)
            .Put(Header64Size + 0x10, (ulong)metadata)
            .Put(Header64Size + 0x18, (ulong)firstPage);
        if (type == 0xA)
        {
            headers.Put(Header64Size + 0x20, (uint)runs.Count).Put(Header64Size + 0x28, (ulong)memory.Pages.Count);
        }

        for (var i = 0; i < runs.Count; i++)
        {
            headers.Put(Header64Size + 0x30 + i * 16, runs[i].First).Put(Header64Size + 0x38 + i * 16, runs[i].Count);
        }

        return Join(headers.Bytes, memory);
    }

    /// <summary>A complete dump of a 32-bit machine.</summary>
    public static byte[] Full32(PhysicalPages memory, CrashDumpFacts facts) => Join(Header32(memory, facts, type: 1).Bytes, memory);

    /// <summary>A kernel dump of a 32-bit machine with SUMMARY_DUMP32.</summary>
    public static byte[] Kernel32(PhysicalPages memory, CrashDumpFacts facts)
    {
        var bits = Bits(memory);
        var firstPage = Up(Header32Size + 0x20 + bits.Length);
        var headers = Header32(memory, facts, type: 2, firstPage)
            .Put(Header32Size, "SDMPDUMP"u8)
            .Put(Header32Size + 0xC, (uint)firstPage)
            .Put(Header32Size + 0x10, (uint)bits.Length * 8)
            .Put(Header32Size + 0x14, (uint)memory.Pages.Count)
            .Put(Header32Size + 0x18, (uint)bits.Length * 8)
            .Put(Header32Size + 0x20, bits);
        return Join(headers.Bytes, memory);
    }

    private static BytesAt Header64(PhysicalPages memory, CrashDumpFacts facts, uint type, int size = Header64Size)
    {
        var header = new BytesAt(size)
            .Put(0, "PAGEDU64"u8)
            .Put(8, 15U)
            .Put(0xC, facts.Build)
            .Put(0x10, facts.DirectoryTableBase)
            .Put(0x20, facts.LoadedModuleList)
            .Put(0x28, facts.ActiveProcessHead)
            .Put(0x30, 0x8664U)
            .Put(0x34, facts.Processors)
            .Put(0x38, facts.BugCheckCode)
            .Put(0x40, 1UL).Put(0x48, 2UL).Put(0x50, 3UL).Put(0x58, 4UL)
            .Put(0x80, facts.DebuggerDataBlock)
            .Put(0x88, (uint)memory.Runs.Count)
            .Put(0x90, (ulong)memory.Pages.Count)
            .Put(0xF98, type)
            .Put(0xFA8, (ulong)facts.Time.ToFileTime())
            .Put(0xFB0, Encoding.ASCII.GetBytes(facts.Comment))
            .Put(0x1030, (ulong)facts.UpTime.Ticks);
        for (var i = 0; i < Math.Min(42, memory.Runs.Count); i++)
        {
            header.Put(0x98 + i * 16, memory.Runs[i].First).Put(0xA0 + i * 16, memory.Runs[i].Count);
        }

        return header;
    }

    private static BytesAt Header32(PhysicalPages memory, CrashDumpFacts facts, uint type, int size = Header32Size)
    {
        var header = new BytesAt(size)
            .Put(0, "PAGEDUMP"u8)
            .Put(8, 15U)
            .Put(0xC, facts.Build)
            .Put(0x10, (uint)facts.DirectoryTableBase)
            .Put(0x18, (uint)facts.LoadedModuleList)
            .Put(0x1C, (uint)facts.ActiveProcessHead)
            .Put(0x20, 0x14CU)
            .Put(0x24, facts.Processors)
            .Put(0x28, facts.BugCheckCode)
            .Put(0x2C, 1U).Put(0x30, 2U).Put(0x34, 3U).Put(0x38, 4U)
            .Put(0x5C, facts.PhysicalAddressExtension ? (ushort)1 : (ushort)0)
            .Put(0x60, (uint)facts.DebuggerDataBlock)
            .Put(0x64, (uint)memory.Runs.Count)
            .Put(0x68, (uint)memory.Pages.Count)
            .Put(0x820, Encoding.ASCII.GetBytes(facts.Comment))
            .Put(0xF88, type)
            .Put(0xFB8, (ulong)facts.UpTime.Ticks)
            .Put(0xFC0, (ulong)facts.Time.ToFileTime());
        for (var i = 0; i < Math.Min(86, memory.Runs.Count); i++)
        {
            header.Put(0x6C + i * 8, (uint)memory.Runs[i].First).Put(0x70 + i * 8, (uint)memory.Runs[i].Count);
        }

        return header;
    }

    private static byte[] PutBitmap(BytesAt headers, int at, uint type, byte[] bits, int firstPage, PhysicalPages memory) => headers
        .Put(at, type == 5 ? "FDMPDUMP"u8 : "SDMPDUMP"u8)
        .Put(at + 0x20, (ulong)firstPage)
        .Put(at + 0x28, (ulong)memory.Pages.Count)
        .Put(at + 0x30, (ulong)bits.Length * 8)
        .Put(at + 0x38, bits)
        .Bytes;

    private static byte[] Bits(PhysicalPages memory)
    {
        var bits = new byte[(int)(memory.Pages.Keys.Last() / 8 + 1)];
        foreach (var page in memory.Pages.Keys)
        {
            bits[(int)(page / 8)] |= (byte)(1 << (int)(page % 8));
        }

        return bits;
    }

    private static int Up(int size) => (size + PageSize - 1) / PageSize * PageSize;

    private static byte[] Join(byte[] headers, PhysicalPages memory)
    {
        using var file = new MemoryStream();
        file.Write(headers);
        foreach (var page in memory.Pages.Values)
        {
            file.Write(page);
        }

        return file.ToArray();
    }
}
