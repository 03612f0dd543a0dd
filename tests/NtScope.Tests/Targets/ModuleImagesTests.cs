using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Images;
using NtScope.Kernel.Locating;
using NtScope.Targets;
using NtScope.Testing.Captures;

namespace NtScope.Tests.Targets;

public class ModuleImagesTests
{
    [Fact]
    public void An_image_that_only_sessions_map_is_read_through_the_first_that_has_it()
    {
        var images = new CountedImages(new SessionMachine(4).MapImage(session: 2));

        images.Open(SessionMachine.OwnSpace).ShouldNotBeNull().Is64Bit.ShouldBeTrue();
    }

    [Fact]
    public void Sessions_are_not_asked_for_addresses_that_they_share_with_the_system()
    {
        var few = new CountedImages(new SessionMachine(2));
        var many = new CountedImages(new SessionMachine(200));
        few.Open(SessionMachine.Shared).ShouldBeNull();
        many.Open(SessionMachine.Shared).ShouldBeNull();
        var (before, after) = (few.Reads, many.Reads);

        for (var i = 0U; i < 100; i++)
        {
            few.Open(SessionMachine.Shared + i * 0x1000).ShouldBeNull();
            many.Open(SessionMachine.Shared + i * 0x1000).ShouldBeNull();
        }

        (many.Reads - after).ShouldBe(few.Reads - before);
    }

    [Fact]
    public void Headers_that_no_session_has_whole_are_looked_at_a_few_times_only()
    {
        var machine = new SessionMachine(200);
        for (var session = 0; session < 200; session++)
        {
            machine.MapTornImage(session);
        }

        var images = new CountedImages(machine);

        images.Open(SessionMachine.OwnSpace).ShouldBeNull();

        images.TornReads.ShouldBeLessThan(2 * Limits.SessionImages + 2);
    }

    private sealed class CountedImages : IPhysicalMemory
    {
        private readonly Capture _capture;
        private readonly ModuleImages _images;

        public CountedImages(SessionMachine machine)
        {
            _capture = Capture.FromBytes(PlainWriter.Raw(machine.Memory, 1 << 20), "machine");
            _images = new ModuleImages(
                new AddressSpaces(this, PagingMode.FourLevel, new PhysicalAddress(SessionMachine.SystemRoot)),
                [.. machine.Roots.Select((root, i) => new SessionSpace((uint)i, new PhysicalAddress(root), default))]);
        }

        public int Reads { get; private set; }

        public int TornReads { get; private set; }

        public IReadOnlyList<PhysicalRange> Ranges => _capture.Ranges;

        public PeImage? Open(ulong address) => _images.Open(new LoadedModule(default, new VirtualAddress(address), 0x10000, "win32k.sys", null));

        public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
        {
            Reads++;
            if (address.Value >> 12 == SessionMachine.TornImage >> 12 && destination.Length > 2)
            {
                TornReads++;
            }

            return _capture.Read(address, destination, out fault);
        }
    }
}
