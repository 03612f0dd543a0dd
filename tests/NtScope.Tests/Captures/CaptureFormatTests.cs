using NtScope.Captures;
using NtScope.Testing;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Captures;

public sealed class CaptureFormatTests
{
    private static readonly PhysicalPages Memory = new PhysicalPages()
        .WithPattern(0, 3).WithPattern(7, 1).WithPattern(0x50, 40).WithPattern(0x123, 2).WithPattern(0x1FF, 1);

    private static readonly CrashDumpFacts Facts = new();

    public static TheoryData<string> Formats => [.. Files.Keys];

    private static Dictionary<string, Func<byte[]>> Files { get; } = new(StringComparer.Ordinal)
    {
        ["raw"] = () => PlainWriter.Raw(Memory),
        ["lime"] = () => PlainWriter.Lime(Memory),
        ["full64"] = () => CrashDumpWriter.Full64(Memory, Facts),
        ["kernel64"] = () => CrashDumpWriter.Kernel64(Memory, Facts),
        ["bitmap64-5"] = () => CrashDumpWriter.Bitmap64(Memory, Facts, 5),
        ["bitmap64-6"] = () => CrashDumpWriter.Bitmap64(Memory, Facts, 6),
        ["ranges64-8"] = () => CrashDumpWriter.Ranges64(WithoutPageZero(), Facts, 8),
        ["ranges64-9"] = () => CrashDumpWriter.Ranges64(WithoutPageZero(), Facts, 9),
        ["ranges64-A"] = () => CrashDumpWriter.Ranges64(WithoutPageZero(), Facts, 0xA),
        ["full32"] = () => CrashDumpWriter.Full32(Memory, Facts),
        ["kernel32"] = () => CrashDumpWriter.Kernel32(Memory, Facts),
        ["bitmap32"] = () => CrashDumpWriter.Bitmap32(Memory, Facts),
        ["qemu"] = () => ElfCoreWriter.Qemu(Memory, 0x1AD000),
        ["virtualbox"] = () => ElfCoreWriter.VirtualBox(Memory, 0x1AD002, 0xFFFFF804_139D2840),
        ["vmware-inside"] = () => VMwareWriter.WriteInside(Memory, 0x1AD000),
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_page_that_was_written_reads_back_and_every_other_is_missing(string format)
    {
        using var capture = Capture.FromBytes(Files[format](), format);
        var isPadded = format is "raw" or "vmware-inside";
        var expected = format.StartsWith("ranges", StringComparison.Ordinal) ? WithoutPageZero() : Memory;
        var bytes = new byte[0x1000];
        for (var page = 0UL; page < 0x240; page++)
        {
            var read = capture.Read(new PhysicalAddress(page << 12), bytes, out var fault);
            if (expected.Pages.TryGetValue(page, out var content))
            {
                read.ShouldBe(0x1000, $"page 0x{page:x}");
                bytes.ShouldBe(content, $"page 0x{page:x}");
            }
            else if (!isPadded || page > 0x1FF)
            {
                read.ShouldBe(0, $"page 0x{page:x}");
                fault.Kind.ShouldBe(ReadFaultKind.NotCaptured);
                fault.Address.ShouldBe(page << 12);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_read_over_a_hole_stops_at_its_first_byte(string format)
    {
        using var capture = Capture.FromBytes(Files[format](), format);
        var bytes = new byte[0x9000];
        var read = capture.Read(new PhysicalAddress(0x1FFFF8), bytes, out var fault);
        read.ShouldBe(8);
        fault.ShouldBe(new ReadFault(ReadFaultKind.NotCaptured, 0x200000, PageTableLevel.None, 0x200000));
    }

    [Theory]
    [InlineData("full64", CaptureFormat.FullDump)]
    [InlineData("kernel64", CaptureFormat.KernelDump)]
    [InlineData("bitmap64-5", CaptureFormat.BitmapDump)]
    [InlineData("ranges64-9", CaptureFormat.RangeDump)]
    public void A_64_bit_dump_tells_the_facts_of_its_header(string format, CaptureFormat expected)
    {
        using var capture = Capture.FromBytes(Files[format](), format);
        capture.Format.ShouldBe(expected);
        var header = capture.Header;
        header.Architecture.ShouldBe(ProcessorArchitecture.X64);
        header.DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
        header.LoadedModuleList.ShouldBe(new VirtualAddress(0xFFFFF80413C62170));
        header.ActiveProcessHead.ShouldBe(new VirtualAddress(0xFFFFF80413C52B80));
        header.DebuggerDataBlock.ShouldBe(new VirtualAddress(0xFFFFF80413C405E0));
        header.Build.ShouldBe(18362U);
        header.ProcessorCount.ShouldBe(2U);
        header.BugCheckCode.ShouldBe(0xD1U);
        header.BugCheckParameters.ShouldBe([1UL, 2UL, 3UL, 4UL]);
        header.Time.ShouldBe(Facts.Time);
        header.UpTime.ShouldBe(Facts.UpTime);
        header.Comment.ShouldBe("planted by a test");
        capture.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_32_bit_dump_tells_the_facts_of_its_header()
    {
        using var capture = Capture.FromBytes(Files["full32"](), "full32");
        var header = capture.Header;
        header.Architecture.ShouldBe(ProcessorArchitecture.X86);
        header.PhysicalAddressExtension.ShouldBe(true);
        header.DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
        header.LoadedModuleList.ShouldBe(new VirtualAddress(0x13C62170));
        header.BugCheckParameters.ShouldBe([1UL, 2UL, 3UL, 4UL]);
        header.Time.ShouldBe(Facts.Time);
        header.Comment.ShouldBe("planted by a test");
    }

    [Fact]
    public void A_VirtualBox_core_tells_each_processor_with_its_system_call_entry()
    {
        using var capture = Capture.FromBytes(ElfCoreWriter.VirtualBox(Memory, 0x1AD002, 0xFFFFF804_139D2840, processors: 2), "vm.elf");
        capture.Header.Processors.Count.ShouldBe(2);
        capture.Header.Processors[1].DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
        capture.Header.Processors[1].SystemCallEntry.ShouldBe(new VirtualAddress(0xFFFFF804139D2840));
        capture.Header.Processors[1].Control4.ShouldBe(0x370678UL);
    }

    [Fact]
    public void A_QEMU_core_tells_each_processor_with_its_interrupt_table()
    {
        using var capture = Capture.FromBytes(ElfCoreWriter.Qemu(Memory, 0x1AD000, interruptTable: 0xFFFFF804_10A5B000, processors: 3), "vm.elf");
        capture.Header.ProcessorCount.ShouldBe(3U);
        capture.Header.Processors[2].InterruptTable.ShouldBe(new VirtualAddress(0xFFFFF80410A5B000));
        capture.Header.Processors[2].DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
    }

    [Theory]
    [InlineData(".vmem")]
    [InlineData(".vmsn")]
    public void VMware_memory_finds_its_regions_in_the_state_file_beside_it(string opened)
    {
        using var folder = new TemporaryFolder();
        var (memory, state) = VMwareWriter.Write(Memory, 0x1AD000);
        File.WriteAllBytes(folder.File("guest.vmem"), memory);
        File.WriteAllBytes(folder.File("guest.vmsn"), state);
        using var capture = Capture.Open(folder.File("guest" + opened));
        capture.Format.ShouldBe(CaptureFormat.VMware);
        capture.Header.Processors.ShouldHaveSingleItem().DirectoryTable.ShouldBe(new PhysicalAddress(0x1AD000));
        var bytes = new byte[0x1000];
        foreach (var (page, content) in Memory.Pages)
        {
            capture.Read(new PhysicalAddress(page << 12), bytes, out _).ShouldBe(0x1000);
            bytes.ShouldBe(content);
        }

        capture.Ranges.Count.ShouldBe(Memory.Runs.Count);
    }

    [Fact]
    public void A_dump_that_was_cut_short_opens_and_says_what_is_missing()
    {
        var bytes = CrashDumpWriter.Full64(Memory, Facts);
        using var capture = Capture.FromBytes(bytes.AsMemory(0, bytes.Length - 0x3000), "short.dmp");
        capture.Problems.ShouldHaveSingleItem().ShouldContain("12 KiB");
        capture.Read(new PhysicalAddress(0x1FF000), new byte[8], out var fault).ShouldBe(0);
        fault.Kind.ShouldBe(ReadFaultKind.NotCaptured);
    }

    [Theory]
    [InlineData("MDMP", "minidump of a process")]
    [InlineData("PK\u0003\u0004", "ZIP")]
    [InlineData("AVML", "avml-convert")]
    public void A_file_of_another_kind_is_refused_with_advice(string signature, string advice)
    {
        var bytes = new byte[1 << 20];
        System.Text.Encoding.Latin1.GetBytes(signature, bytes);
        Should.Throw<InputException>(() => Capture.FromBytes(bytes, "other")).Message.ShouldContain(advice);
    }

    [Fact]
    public void A_small_dump_is_refused_because_it_holds_no_pages()
    {
        var bytes = CrashDumpWriter.Full64(Memory, Facts);
        bytes[0xF98] = 4;
        Should.Throw<InputException>(() => Capture.FromBytes(bytes, "mini.dmp")).Message.ShouldContain("DumpType at offset 0xf98");
    }

    [Fact]
    public void More_runs_than_the_header_has_room_for_are_refused()
    {
        var bytes = CrashDumpWriter.Full64(Memory, Facts);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x88), 1_000_000);
        Should.Throw<InputException>(() => Capture.FromBytes(bytes, "lie.dmp")).Message.ShouldContain("room for 42");
    }

    [Fact]
    public void A_bitmap_that_claims_the_whole_file_is_refused()
    {
        var bytes = CrashDumpWriter.Bitmap64(Memory, Facts);
        BitConverter.TryWriteBytes(bytes.AsSpan(0x2030), 1UL << 62);
        Should.Throw<InputException>(() => Capture.FromBytes(bytes, "lie.dmp")).Message.ShouldContain("page bitmap");
    }

    [Fact]
    public void Runs_that_overlap_are_cut_so_that_each_page_is_there_once()
    {
        var bytes = CrashDumpWriter.Full64(Memory, Facts);
        // The second run (page 7) now starts inside the first (pages 0 to 2).
        BitConverter.TryWriteBytes(bytes.AsSpan(0xA8), 1UL);
        BitConverter.TryWriteBytes(bytes.AsSpan(0xB0), 5UL);
        using var capture = Capture.FromBytes(bytes, "overlap.dmp");
        for (var i = 1; i < capture.Ranges.Count; i++)
        {
            (capture.Ranges[i].Start >= capture.Ranges[i - 1].End).ShouldBeTrue();
        }

        var page = new byte[0x1000];
        capture.Read(new PhysicalAddress(0x2000), page, out _).ShouldBe(0x1000);
        page.ShouldBe(Memory.Pages[2]);
    }

    [Theory]
    [InlineData(8L << 30)]
    [InlineData(64L << 30)]
    public void A_sparse_capture_of_any_size_opens_by_its_headers_alone(long size)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("huge.raw");
        using (var file = File.Create(path))
        {
            try
            {
                file.SetLength(size);
            }
            catch (IOException)
            {
                Assert.Skip("the file system has no sparse files of this size");
            }

            file.Position = size - 0x1000;
            file.Write(Memory.Pages[7]);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var capture = Capture.Open(path);
        var page = new byte[0x1000];
        capture.Read(new PhysicalAddress((ulong)size - 0x1000), page, out _).ShouldBe(0x1000);
        page.ShouldBe(Memory.Pages[7]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void A_sparse_bitmap_dump_of_64_GiB_keeps_its_page_map_small()
    {
        const ulong Pages = 16UL << 20;
        const int BitsAt = 0x2038;
        var firstPage = (long)((BitsAt + Pages / 8 + 0xFFF) & ~0xFFFUL);
        using var folder = new TemporaryFolder();
        var path = folder.File("huge.dmp");
        var headers = CrashDumpWriter.Bitmap64(Memory, Facts).AsSpan(0, BitsAt).ToArray();
        BitConverter.TryWriteBytes(headers.AsSpan(0x2020), (ulong)firstPage);
        BitConverter.TryWriteBytes(headers.AsSpan(0x2028), Pages / 2);
        BitConverter.TryWriteBytes(headers.AsSpan(0x2030), Pages);
        using (var file = File.Create(path))
        {
            try
            {
                file.SetLength(firstPage + (long)(Pages / 2 << 12));
            }
            catch (IOException)
            {
                Assert.Skip("the file system has no sparse files of this size");
            }

            file.Write(headers);
            var bits = new byte[Pages / 8];
            for (var i = 0; i < bits.Length; i += 2)
            {
                bits[i] = 0xFF;
            }

            file.Write(bits);
        }

        using var capture = Capture.Open(path);
        capture.Ranges.Count.ShouldBe((int)(Pages / 16));
        capture.Problems.ShouldBeEmpty();
        capture.Read(new PhysicalAddress(0x8000), new byte[1], out var hole).ShouldBe(0);
        hole.Kind.ShouldBe(ReadFaultKind.NotCaptured);
        capture.Read(new PhysicalAddress((Pages - 16) << 12), new byte[0x8000], out _).ShouldBe(0x8000);
    }

    [Fact]
    public void Damaged_headers_end_in_an_error_that_names_the_input_or_in_a_capture()
    {
        var random = new Random(7);
        foreach (var (format, write) in Files)
        {
            var original = write();
            for (var round = 0; round < 60; round++)
            {
                var damaged = (byte[])original.Clone();
                for (var flips = random.Next(1, 6); flips > 0; flips--)
                {
                    damaged[random.Next(Math.Min(damaged.Length, 0x3000))] ^= (byte)(1 << random.Next(8));
                }

                try
                {
                    using var capture = Capture.FromBytes(damaged.AsMemory(0, random.Next(2) == 0 ? damaged.Length : random.Next(damaged.Length)), format);
                    capture.Read(capture.Ranges[0].Start, new byte[64], out _).ShouldBeGreaterThan(0);
                }
                catch (InputException error)
                {
                    error.Message.ShouldStartWith(format);
                }
            }
        }
    }

    private static PhysicalPages WithoutPageZero()
    {
        var memory = new PhysicalPages();
        foreach (var (page, content) in Memory.Pages.Where(pair => pair.Key != 0))
        {
            memory.Write(page << 12, content);
        }

        return memory;
    }
}
