using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Tests.Machine.Memory;

public class KernelPoolTests
{
    private static readonly VirtualAddress Start = new(0xFFFF_A802_0000_0000);

    [Fact]
    public void Headers_chain_through_every_page_and_carry_tag_and_type()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(1));
        var space = new LabAddressSpace(ram, 0x1ED);
        var pool = new KernelPool(space, Start, 8 << 20, paged: false, executable: false, chained: true);
        var sizes = new[] { 0x10, 0xA80, 0x8, 0x7F0, 0x600, 0x900, 0x30, 0xFD0 };
        var blocks = sizes.Select(size => pool.Allocate(size, PoolTag.Of("Proc"))).ToArray();

        foreach (var (block, size) in blocks.Zip(sizes))
        {
            (block.Value % 16).ShouldBe(0ul);
            var header = space.Span(block - 16, 16);
            Encoding.ASCII.GetString(header[4..8]).ShouldBe("Proc");
            header[3].ShouldBe((byte)2);
            (header[2] * 16).ShouldBeGreaterThanOrEqualTo(size + 16);
        }

        for (var page = Start; page <= blocks[^1]; page += 0x1000)
        {
            var (at, previous) = (0, 0);
            while (at < 0x1000 && space.Span(page + (ulong)at, 16)[2] is > 0 and var units)
            {
                ((int)space.Span(page + (ulong)at, 16)[0]).ShouldBe(previous);
                previous = units;
                at += units * 16;
            }

            at.ShouldBeLessThanOrEqualTo(0x1000);
        }
    }

    [Fact]
    public void A_freed_block_keeps_its_tag_and_is_used_again_zeroed()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(1));
        var space = new LabAddressSpace(ram, 0x1ED);
        var pool = new KernelPool(space, Start, 8 << 20, paged: true, executable: false, chained: false);
        var block = pool.Allocate(0x40, PoolTag.Of("Thre"));
        space.WriteUInt64(block, ulong.MaxValue);

        pool.Free(block).ShouldBeTrue();
        pool.Free(block).ShouldBeFalse();
        space.Span(block - 16, 16)[3].ShouldBe((byte)0);
        BinaryPrimitives.ReadUInt32LittleEndian(space.Span(block - 12, 4)).ShouldBe(PoolTag.Of("Thre").Value);

        pool.Allocate(0x38, PoolTag.Of("File")).ShouldBe(block);
        space.Span(block, 0x38).ToArray().ShouldAllBe(value => value == 0);
        space.Span(block - 16, 16)[3].ShouldBe((byte)3);
    }

    [Fact]
    public void Blocks_past_a_page_are_whole_pages_without_a_header()
    {
        using var ram = new PhysicalRam(64 << 20, new Random(1));
        var space = new LabAddressSpace(ram, 0x1ED);
        var pool = new KernelPool(space, Start, 8 << 20, paged: false, executable: false, chained: true);
        pool.Allocate(0x20, PoolTag.Of("Smal"));
        var large = pool.Allocate(0x18_0000, PoolTag.Of("Larg"));

        (large.Value % 0x1000).ShouldBe(0ul);
        space.Span(large, 0x18_0000).Length.ShouldBe(0x18_0000);
        Should.Throw<InvalidOperationException>(() => pool.Allocate(8 << 20, PoolTag.Of("Huge"))).Message.ShouldContain("full");
    }
}
