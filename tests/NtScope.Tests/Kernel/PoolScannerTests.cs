using NtScope.Kernel.Pool;

namespace NtScope.Tests.Kernel;

public class PoolScannerTests
{
    [Fact]
    public void Every_header_is_found_wherever_it_stands_and_nothing_else()
    {
        var random = new Random(7);
        var memory = new Ranges([(0x1000, 0x3000), (0x10_0000, 3 << 20), (0x80_0000, 0x1000)]);
        var expected = new SortedSet<ulong>();
        for (var i = 0; i < 500; i++)
        {
            var (start, bytes) = memory.Parts[random.Next(memory.Parts.Count)];
            var offset = random.Next(bytes.Length / 16) * 16;
            System.Text.Encoding.Latin1.GetBytes(random.Next(2) == 0 ? "Proc" : "Thr\u00E5", bytes.AsSpan(offset + 4));
            expected.Add(start + (ulong)offset);
        }

        // The same characters where no header can have them.
        memory.Parts[0].Bytes.AsSpan(0x800, 16).Clear();
        System.Text.Encoding.ASCII.GetBytes("Proc", memory.Parts[0].Bytes.AsSpan(0x808));
        expected.Remove(0x1800);

        var found = new List<ulong>();
        PoolScanner.Scan(memory, 8, [PoolTag.Process, PoolTag.Thread], (hit, page) =>
        {
            found.Add(hit.Header.Value);
            page.Length.ShouldBe(0x1000 - (int)(hit.Header.Value & 0xFFF));
        }, cancellation: TestContext.Current.CancellationToken);

        found.ShouldBe(expected);
    }

    [Fact]
    public void A_scan_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        var memory = new Ranges([(0, 8 << 20)]);
        var progress = new CancelAtOnce(source);

        Should.Throw<OperationCanceledException>(() => PoolScanner.Scan(memory, 8, [PoolTag.Process], (_, _) => { }, progress, source.Token));

        progress.Reported.ShouldBe([1 << 20]);
    }

    [Fact]
    public void Pages_that_cannot_be_read_are_passed_over()
    {
        var memory = new Ranges([(0, 0x4000)]) { Missing = 0x1000 };
        System.Text.Encoding.ASCII.GetBytes("Proc", memory.Parts[0].Bytes.AsSpan(0x2004));

        var found = new List<ulong>();
        PoolScanner.Scan(memory, 8, [PoolTag.Process], (hit, _) => found.Add(hit.Header.Value), cancellation: TestContext.Current.CancellationToken);

        found.ShouldBe([0x2000UL]);
    }

    [Theory]
    [InlineData("Proc")]
    [InlineData("Obj ")]
    public void A_tag_reads_as_it_was_written(string text) => PoolTag.Parse(text).ToString().ShouldBe(text);

    private sealed class CancelAtOnce(CancellationTokenSource source) : IProgress<Progress>
    {
        public List<long> Reported { get; } = [];

        public void Report(Progress value)
        {
            Reported.Add(value.Done);
            source.Cancel();
        }
    }

    private sealed class Ranges : IPhysicalMemory
    {
        public Ranges((ulong Start, int Length)[] parts)
        {
            Parts = [.. parts.Select(part => (part.Start, new byte[part.Length]))];
        }

        public List<(ulong Start, byte[] Bytes)> Parts { get; }

        public ulong? Missing { get; init; }

        IReadOnlyList<PhysicalRange> IPhysicalMemory.Ranges => [.. Parts.Select(part => new PhysicalRange(new PhysicalAddress(part.Start), (ulong)part.Bytes.Length))];

        public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
        {
            var (start, bytes) = Parts.Single(part => address.Value >= part.Start && address.Value < part.Start + (ulong)part.Bytes.Length);
            var offset = (int)(address.Value - start);
            var length = Math.Min(destination.Length, bytes.Length - offset);
            if (Missing is { } missing && missing + 0x1000 > address.Value)
            {
                length = (int)Math.Min((ulong)length, missing > address.Value ? missing - address.Value : 0);
            }

            bytes.AsSpan(offset, length).CopyTo(destination);
            fault = length == destination.Length ? default : new ReadFault(ReadFaultKind.NotCaptured, address.Value + (ulong)length);
            return length;
        }
    }
}
