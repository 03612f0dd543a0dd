using FsCheck;
using FsCheck.Fluent;
using NtScope.Syscalls;

namespace NtScope.Tests.Syscalls;

public class ServiceTableEntryTests
{
    private static readonly VirtualAddress ListedTable = new(0xFFFFF80413C3EC20);

    [Theory]
    [InlineData(0xFCED7204, 0xFFFFF8041392C340, 4)]
    [InlineData(0xFCF77B00, 0xFFFFF804139363D0, 0)]
    [InlineData(0x020B9207, 0xFFFFF80413E4A540, 7)]
    public void Entries_of_the_listing_lead_where_it_says(uint raw, ulong routine, int stackArguments)
    {
        var entry = new ServiceTableEntry(raw, ServiceEntryEncoding.ShiftedOffset);
        entry.RoutineIn(ListedTable).ShouldBe(new VirtualAddress(routine));
        entry.StackArguments.ShouldBe(stackArguments);
        ServiceTableEntry.TryEncode(ListedTable, new VirtualAddress(routine), stackArguments, ServiceEntryEncoding.ShiftedOffset, out var encoded).ShouldBeTrue();
        encoded.Raw.ShouldBe(raw);
    }

    [Fact]
    public void Before_Vista_the_offset_is_not_shifted()
    {
        var entry = new ServiceTableEntry(0xFFF00123, ServiceEntryEncoding.MaskedOffset);
        entry.RoutineIn(new VirtualAddress(0xFFFFF80001000000)).ShouldBe(new VirtualAddress(0xFFFFF80000F00120));
        entry.StackArguments.ShouldBe(3);
        ServiceTableEntry.EncodingOf(ProcessorArchitecture.X64, 3790).ShouldBe(ServiceEntryEncoding.MaskedOffset);
        ServiceTableEntry.EncodingOf(ProcessorArchitecture.X64, 6000).ShouldBe(ServiceEntryEncoding.ShiftedOffset);
        ServiceTableEntry.EncodingOf(ProcessorArchitecture.X86, 3790).ShouldBe(ServiceEntryEncoding.Address);
    }

    [Fact]
    public void What_was_encoded_is_decoded_and_what_does_not_fit_is_refused() =>
        Prop.ForAll<ulong, int, byte>((start, distance, arguments) =>
        {
            var table = new VirtualAddress(start & ~0xFUL);
            foreach (var encoding in Enum.GetValues<ServiceEntryEncoding>())
            {
                var routine = encoding == ServiceEntryEncoding.Address ? new VirtualAddress((uint)distance) : table + unchecked((ulong)(long)distance);
                var fits = arguments <= 15 && encoding switch
                {
                    ServiceEntryEncoding.ShiftedOffset => distance is >= -(1 << 27) and < 1 << 27,
                    ServiceEntryEncoding.MaskedOffset => distance % 16 == 0,
                    _ => true,
                };
                ServiceTableEntry.TryEncode(table, routine, arguments, encoding, out var entry).ShouldBe(fits);
                if (fits)
                {
                    entry.RoutineIn(table).ShouldBe(routine);
                    entry.StackArguments.ShouldBe(encoding == ServiceEntryEncoding.Address ? null : arguments);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0x55u, ServiceTableKind.Nt, 0x55)]
    [InlineData(0x100Au, ServiceTableKind.Win32k, 0xA)]
    [InlineData(0x8000003u, ServiceTableKind.Ium, 3)]
    public void An_index_carries_its_table(uint value, ServiceTableKind table, int number)
    {
        var index = new ServiceIndex(value);
        index.Table.ShouldBe(table);
        index.Number.ShouldBe(number);
        new ServiceIndex(table, number).ShouldBe(index);
        new ServiceIndex(0x2001).Table.ShouldBeNull();
    }
}
