using System.Buffers.Binary;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Tests.Machine.Memory;

public class LabAddressSpaceTests
{
    private const ulong Kernel = 0xFFFF_F805_2000_0000;

    [Theory]
    [InlineData(64ul << 20)]
    [InlineData(8ul << 30)]
    public void The_processors_own_walk_finds_every_mapped_byte_and_the_tables_through_the_self_map(ulong size)
    {
        using var ram = new PhysicalRam(size, new Random(1));
        var space = new LabAddressSpace(ram, 0x1ED);
        var small = space.Allocate(new VirtualAddress(0xFFFF_8001_0000_3000), 0x5000, PageAccess.Write);
        var large = space.MapLarge(new VirtualAddress(Kernel), ram.Allocate(0x400, LabAddressSpace.LargePageSize), 0x40_0000, PageAccess.Write | PageAccess.Execute);
        space.WriteUInt64(small.Start + 0x1FF8, 0x1122_3344_5566_7788);
        space.WriteUInt64(large.Start + 0x20_1000, 0x99AA_BBCC_DDEE_FF00);

        Walk(ram, space.DirectoryTable, small.Start + 0x1FF8).ShouldBe(small.Physical + 0x1FF8);
        Walk(ram, space.DirectoryTable, large.Start + 0x20_1000).ShouldBe(large.Physical + 0x20_1000);
        ReadPhysical(ram, small.Physical + 0x1FF8).ShouldBe(0x1122_3344_5566_7788ul);
        var entryOfSmall = space.PteBase + ((small.Start.Value & 0xFFFF_FFFF_FFFF) >> 12) * 8;
        (ReadPhysical(ram, Walk(ram, space.DirectoryTable, entryOfSmall)!.Value) & 0x000F_FFFF_FFFF_F000).ShouldBe(small.Physical.Value);
    }

    [Fact]
    public void Processes_share_the_kernels_half_even_when_it_grows_after_them_and_keep_their_own_user_half()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(2));
        var system = new LabAddressSpace(ram, 0x1B3);
        var first = system.CreateProcess();
        var second = system.CreateProcess();
        var shared = system.Allocate(new VirtualAddress(Kernel), 0x1000, PageAccess.Write);
        var own = first.Allocate(new VirtualAddress(0x7FF6_0000_0000), 0x1000, PageAccess.Write | PageAccess.User);

        Walk(ram, first.DirectoryTable, shared.Start).ShouldBe(shared.Physical);
        Walk(ram, second.DirectoryTable, shared.Start).ShouldBe(shared.Physical);
        Walk(ram, first.DirectoryTable, own.Start).ShouldBe(own.Physical);
        Walk(ram, second.DirectoryTable, own.Start).ShouldBeNull();
        ReadPhysical(ram, first.DirectoryTable + 0x1B3 * 8).ShouldSatisfyAllConditions(entry => (entry & 0x000F_FFFF_FFFF_F000).ShouldBe(first.DirectoryTable.Value));
    }

    [Fact]
    public void A_read_ends_at_the_first_page_that_is_not_mapped_and_says_where()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(3));
        var space = new LabAddressSpace(ram, 0x1ED);
        var region = space.Allocate(new VirtualAddress(Kernel), 0x2000, PageAccess.Read);

        space.Read(region.Start + 0x1800, new byte[0x1000], out var fault).ShouldBe(0x800);
        fault.Kind.ShouldBe(ReadFaultKind.NotPresent);
        fault.Address.ShouldBe(Kernel + 0x2000);
    }

    [Fact]
    public void Pages_that_nothing_uses_read_as_zero_and_cost_no_memory()
    {
        using var ram = new PhysicalRam(32ul << 30, new Random(4));

        foreach (var range in ram.Ranges)
        {
            var last = new byte[0x1000];
            ram.Read(range.End - 0x1000, last, out _).ShouldBe(last.Length);
            last.ShouldAllBe(value => value == 0);
        }

        ram.PagesInUse.ShouldBe(0ul);
        ram.Read(new PhysicalAddress(0xC000_0000), new byte[16], out var fault).ShouldBe(0);
        fault.Kind.ShouldBe(ReadFaultKind.NotCaptured);
    }

    [Fact]
    public void A_machine_too_small_for_what_is_asked_says_so()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(5));

        Should.Throw<InvalidOperationException>(() => ram.Allocate(0x5000)).Message.ShouldContain("64 MiB");
    }

    // The walk of the processor's manual, apart from the code under test.
    private static PhysicalAddress? Walk(PhysicalRam ram, PhysicalAddress root, VirtualAddress address)
    {
        var table = root.Value;
        for (var shift = 39; shift >= 12; shift -= 9)
        {
            var entry = ReadPhysical(ram, new PhysicalAddress(table + (address.Value >> shift & 0x1FF) * 8));
            if ((entry & 1) == 0)
            {
                return null;
            }

            table = entry & 0x000F_FFFF_FFFF_F000;
            if (shift == 12 || (shift < 39 && (entry & 0x80) != 0))
            {
                var inside = (1ul << shift) - 1;
                return new PhysicalAddress((table & ~inside) + (address.Value & inside));
            }
        }

        return null;
    }

    private static ulong ReadPhysical(PhysicalRam ram, PhysicalAddress address)
    {
        var bytes = new byte[8];
        ram.Read(address, bytes, out _).ShouldBe(8);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
