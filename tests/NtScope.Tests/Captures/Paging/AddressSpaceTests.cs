using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Captures.Paging;

public sealed class AddressSpaceTests
{
    private const ulong KernelAddress = 0xFFFFF80413C3E000;
    private const int TransitionShift = 11;

    [Fact]
    public void Four_levels_translate_and_tell_every_entry()
    {
        var (memory, tables) = Machine();
        tables.Map(KernelAddress, 0x5000);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root | 0x2));

        spaces.System.TryReadUInt64(new VirtualAddress(KernelAddress + 0x18), out var value, out _).ShouldBeTrue();
        value.ShouldBe(0x5018UL ^ 0x5A5A5A5A00000000);
        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress + 0x18));
        translation.Physical.ShouldBe(new PhysicalAddress(0x5018));
        translation.PageSize.ShouldBe(0x1000UL);
        translation.Steps.Select(step => step.Level).ShouldBe(
            [PageTableLevel.PageMap4, PageTableLevel.PageDirectoryPointer, PageTableLevel.PageDirectory, PageTableLevel.PageTable]);
        translation.Steps[0].EntryAddress.ShouldBe(new PhysicalAddress(tables.Root + 0x1F0 * 8));
        translation.Steps[3].ShouldBe(new TranslationStep(
            PageTableLevel.PageTable, new PhysicalAddress(tables.EntryAddress(KernelAddress, 12)), 0x5063, PageEntryKind.Page));
        translation.Steps[3].Flags.ShouldBe("---DA--KWEV");
    }

    [Fact]
    public void Five_levels_translate_what_four_call_not_canonical()
    {
        const ulong Address = 0xFF11_2233_4455_6000;
        var memory = new PhysicalPages().WithPattern(5, 1);
        var tables = PageTables.FiveLevel(memory, 0x100000, 0x101000).Map(Address, 0x5000);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");

        var five = new AddressSpaces(capture, PagingMode.FiveLevel, new PhysicalAddress(tables.Root));
        five.Explain(five.SystemDirectoryTable, new VirtualAddress(Address)).Physical.ShouldBe(new PhysicalAddress(0x5000));
        var four = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));
        four.System.Read(new VirtualAddress(Address), new byte[1], out var fault).ShouldBe(0);
        fault.Kind.ShouldBe(ReadFaultKind.NonCanonical);
    }

    [Theory]
    [InlineData(21, 0x200000UL)]
    [InlineData(30, 0x40000000UL)]
    public void Large_and_huge_pages_translate_to_their_middle(int shift, ulong size)
    {
        const ulong Address = 0xFFFFF80000000000;
        var memory = new PhysicalPages().WithPattern(5, 1);
        var tables = PageTables.FourLevel(memory, 0x100000, 0x101000).MapLarge(Address, 0, shift);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(Address + 0x5018));
        translation.Physical.ShouldBe(new PhysicalAddress(0x5018));
        translation.PageSize.ShouldBe(size);
        translation.Steps[^1].Flags.ShouldBe("--LDA--KWEV");
        spaces.System.Read(new VirtualAddress(Address + 0x5018), new byte[8], out _).ShouldBe(8);
        spaces.System.Read(new VirtualAddress(Address + 0x6000), new byte[8], out var fault).ShouldBe(0);
        fault.ShouldBe(new ReadFault(ReadFaultKind.NotCaptured, Address + 0x6000, PageTableLevel.None, 0x6000));
    }

    [Fact]
    public void A_read_goes_on_over_pages_that_are_scattered_and_stops_at_the_first_that_is_missing()
    {
        var (memory, tables) = Machine();
        tables.Map(KernelAddress, 0x5000).Map(KernelAddress + 0x1000, 0x6000).Map(KernelAddress + 0x2000, 0x3000);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var bytes = new byte[0x5000];
        spaces.System.Read(new VirtualAddress(KernelAddress + 8), bytes, out var fault).ShouldBe(0x2FF8);
        bytes[..0xFF8].ShouldBe(memory.Pages[5][8..]);
        bytes[0xFF8..0x1FF8].ShouldBe(memory.Pages[6]);
        bytes[0x1FF8..0x2FF8].ShouldBe(memory.Pages[3]);
        fault.ShouldBe(new ReadFault(ReadFaultKind.NotPresent, KernelAddress + 0x3000, PageTableLevel.PageTable));
    }

    [Theory]
    [InlineData(0x0000_0000_0000_5000UL | 1UL << TransitionShift | 0x80, PageEntryKind.Transition)]
    [InlineData(0x0000_2000_0000_5000UL | 1UL << TransitionShift | 0x80, PageEntryKind.Transition)]
    public void A_transition_page_reads_with_and_without_the_swizzled_bit(ulong entry, PageEntryKind kind)
    {
        var (memory, tables) = Machine();
        tables.SetEntry(KernelAddress, 12, entry);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress));
        translation.Steps[^1].Kind.ShouldBe(kind);
        translation.Physical.ShouldBe(new PhysicalAddress(0x5000));
    }

    [Fact]
    public void A_page_table_in_transition_is_still_followed()
    {
        var (memory, tables) = Machine();
        tables.Map(KernelAddress, 0x5000);
        var directoryEntry = tables.EntryAddress(KernelAddress, 21);
        var table = BitConverter.ToUInt64(memory[directoryEntry >> 12], (int)(directoryEntry & 0xFFF)) & ~0xFFFUL;
        tables.SetEntry(KernelAddress, 21, table | 1UL << TransitionShift | 0x80);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress));
        translation.Steps[2].Kind.ShouldBe(PageEntryKind.Transition);
        translation.Physical.ShouldBe(new PhysicalAddress(0x5000));
    }

    [Theory]
    [InlineData(0x0000_1234_0000_00C0UL, ReadFaultKind.PagedOut, PageEntryKind.PageFile)]
    [InlineData(0x0000_0000_0000_0080UL, ReadFaultKind.NotResident, PageEntryKind.DemandZero)]
    [InlineData(0xFFFF_FFFF_0000_0480UL, ReadFaultKind.NotResident, PageEntryKind.Prototype)]
    [InlineData(0UL, ReadFaultKind.NotPresent, PageEntryKind.Empty)]
    public void A_page_that_is_elsewhere_says_where(ulong entry, ReadFaultKind fault, PageEntryKind kind)
    {
        var (memory, tables) = Machine();
        tables.SetEntry(KernelAddress, 12, entry);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        spaces.System.Read(new VirtualAddress(KernelAddress), new byte[1], out var found).ShouldBe(0);
        found.ShouldBe(new ReadFault(fault, KernelAddress, PageTableLevel.PageTable, entry));
        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress)).Steps[^1].Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData(0x7063UL, PageEntryKind.Page, true)]
    [InlineData(0x7880UL, PageEntryKind.Transition, true)]
    [InlineData(0xFFFF_A00F_1234_04C0UL, PageEntryKind.Subsection, false)]
    public void A_prototype_entry_is_followed_into_pool(ulong prototype, PageEntryKind kind, bool translates)
    {
        const ulong Pool = 0xFFFF_A00F_8000_0000;
        var (memory, tables) = Machine();
        tables.Map(Pool, 0x6000).SetEntry(KernelAddress, 12, (Pool + 0x28) << 16 | 0x480);
        memory.WriteUInt64(0x6028, prototype);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress));
        translation.Steps.Count.ShouldBe(5);
        translation.Steps[4].ShouldBe(new TranslationStep(PageTableLevel.PageTable, new PhysicalAddress(0x6028), prototype, kind, IsPrototype: true));
        translation.Physical.ShouldBe(translates ? new PhysicalAddress(0x7000) : null);
        if (!translates)
        {
            translation.Fault.Kind.ShouldBe(ReadFaultKind.NotResident);
        }
    }

    [Fact]
    public void A_prototype_entry_that_points_at_itself_ends()
    {
        var (memory, tables) = Machine();
        tables.SetEntry(KernelAddress, 12, KernelAddress << 16 | 0x480);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        spaces.System.Read(new VirtualAddress(KernelAddress), new byte[1], out var fault).ShouldBe(0);
        fault.Kind.ShouldBe(ReadFaultKind.NotResident);
    }

    [Fact]
    public void Tables_that_point_at_themselves_end_after_four_levels()
    {
        var (memory, tables) = Machine();
        tables.MapSelf(0x1ED);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var self = 0xFFFF000000000000 | 0x1EDUL << 39 | 0x1EDUL << 30 | 0x1EDUL << 21 | 0x1EDUL << 12;
        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(self)).Physical.ShouldBe(new PhysicalAddress(tables.Root));
    }

    [Fact]
    public void A_missing_table_says_which_entry_is_not_in_the_capture()
    {
        var (memory, tables) = Machine();
        tables.SetEntry(KernelAddress, 21, 0x7777_0000 | 0x63);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var translation = spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(KernelAddress));
        translation.Fault.ShouldBe(new ReadFault(ReadFaultKind.NotCaptured, KernelAddress, PageTableLevel.PageTable, 0x7777_01F0));
        translation.Steps[^1].Kind.ShouldBe(PageEntryKind.NotCaptured);
    }

    [Fact]
    public void PAE_translates_small_and_large_pages_below_a_root_of_32_bytes()
    {
        const ulong Root = 0x100020;
        var memory = new PhysicalPages().WithPattern(5, 1).WithPattern(0x400, 1);
        var tables = PageTables.Extended(memory, Root, 0x101000).Map(0x80812000, 0x5000).MapLarge(0xE0000000, 0x400000, 21);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.Extended, new PhysicalAddress(Root));

        spaces.System.PointerSize.ShouldBe(4);
        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(0x80812004)).Physical.ShouldBe(new PhysicalAddress(0x5004));
        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(0xE0000123)).Physical.ShouldBe(new PhysicalAddress(0x400123));
        spaces.System.Read(new VirtualAddress(0x1_0000_0000), new byte[1], out var fault).ShouldBe(0);
        fault.Kind.ShouldBe(ReadFaultKind.NonCanonical);
    }

    [Fact]
    public void Legacy_x86_translates_small_pages_and_large_ones_above_4_GiB()
    {
        var memory = new PhysicalPages().WithPattern(5, 1);
        var tables = PageTables.Legacy(memory, 0x100000, 0x101000).Map(0x804D7000, 0x5000);
        tables.SetEntry(0xC0000000, 22, 0x00800000 | 3UL << 13 | 0xE3);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.Legacy, new PhysicalAddress(0x100000));

        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(0x804D7018)).Physical.ShouldBe(new PhysicalAddress(0x5018));
        spaces.Explain(spaces.SystemDirectoryTable, new VirtualAddress(0xC0000018)).Physical.ShouldBe(new PhysicalAddress(0x3_0080_0018));
    }

    [Fact]
    public void Each_root_has_an_address_space_of_its_own()
    {
        var (memory, tables) = Machine();
        tables.Map(0x7FFE0000, 0x5000);
        var other = PageTables.FourLevel(memory, 0x180000, 0x181000).Map(0x7FFE0000, 0x6000);
        using var capture = Capture.FromBytes(PlainWriter.Lime(memory), "test");
        var spaces = new AddressSpaces(capture, PagingMode.FourLevel, new PhysicalAddress(tables.Root));

        var process = spaces.Open(new PhysicalAddress(other.Root | 0x1000_0000_0000_0002 & 0xFFF));
        process.TryReadUInt64(new VirtualAddress(0x7FFE0000), out var value, out _).ShouldBeTrue();
        value.ShouldBe(0x6000UL ^ 0x5A5A5A5A00000000);
        spaces.Open(new PhysicalAddress(other.Root)).ShouldBeSameAs(process);
    }

    private static (PhysicalPages Memory, PageTables Tables) Machine()
    {
        var memory = new PhysicalPages().WithPattern(0, 8);
        return (memory, PageTables.FourLevel(memory, 0x100000, 0x101000));
    }
}
