using NtScope.Kernel.Locating;

namespace NtScope.Tests.Kernel;

public class KernelFinderTests
{
    [Fact]
    public void Thousands_of_code_addresses_in_a_header_buy_no_more_pages_than_the_allowance()
    {
        var memory = new Zeros();
        var hints = new KernelHints { InsideKernel = [.. Enumerable.Range(0, 8192).Select(i => new VirtualAddress(0xFFFFF800_10000000 + (ulong)i * Limits.KernelSearchBytes))] };
        var pages = Limits.KernelSearchPages;

        KernelFinder.Find(memory, hints, ref pages, TestContext.Current.CancellationToken).ShouldBeNull();

        pages.ShouldBeLessThanOrEqualTo(0);
        memory.Reads.ShouldBeLessThanOrEqualTo(Limits.KernelSearchPages);
    }

    [Fact]
    public void Addresses_of_user_code_are_not_searched_for_the_kernel()
    {
        var memory = new Zeros();
        var hints = new KernelHints { InsideKernel = [new VirtualAddress(0x7FF6_1234_5678)] };
        var pages = 0;

        KernelFinder.Find(memory, hints, ref pages, TestContext.Current.CancellationToken).ShouldBeNull();

        memory.Reads.ShouldBe(0);
    }

    [Fact]
    public void A_search_ends_when_it_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var hints = new KernelHints { InsideKernel = [new VirtualAddress(0xFFFFF800_10000000)] };

        Should.Throw<OperationCanceledException>(() =>
        {
            var pages = Limits.KernelSearchPages;
            return KernelFinder.Find(new Zeros(), hints, ref pages, source.Token);
        });
    }

    private sealed class Zeros : IMemory
    {
        public int Reads { get; private set; }

        public int PointerSize => 8;

        public int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault)
        {
            Reads++;
            destination.Clear();
            fault = default;
            return destination.Length;
        }
    }
}
