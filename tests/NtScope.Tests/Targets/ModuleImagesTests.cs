using NtScope.Captures;
using NtScope.Captures.Paging;
using NtScope.Kernel.Locating;
using NtScope.Targets;
using NtScope.Testing.Captures;
using NtScope.Testing.Images;

namespace NtScope.Tests.Targets;

public class ModuleImagesTests
{
    private const ulong SystemRoot = 0x10000;
    private const ulong Shared = 0xFFFFF804_20000000;
    private const ulong OwnSpace = 0xFFFFF960_00010000;

    [Fact]
    public void An_image_that_only_sessions_map_is_read_through_the_first_that_has_it()
    {
        var machine = new Sessions(4).MapImage(session: 2);

        machine.Open(OwnSpace).ShouldNotBeNull().Is64Bit.ShouldBeTrue();
    }

    [Fact]
    public void Sessions_are_not_asked_for_addresses_that_they_share_with_the_system()
    {
        var few = new Sessions(2);
        var many = new Sessions(200);
        few.Open(Shared).ShouldBeNull();
        many.Open(Shared).ShouldBeNull();
        var (before, after) = (few.Reads, many.Reads);

        for (var i = 0U; i < 100; i++)
        {
            few.Open(Shared + i * 0x1000).ShouldBeNull();
            many.Open(Shared + i * 0x1000).ShouldBeNull();
        }

        (many.Reads - after).ShouldBe(few.Reads - before);
    }

    [Fact]
    public void Headers_that_no_session_has_whole_are_looked_at_a_few_times_only()
    {
        var machine = new Sessions(200);
        for (var session = 0; session < 200; session++)
        {
            machine.MapTornImage(session);
        }

        machine.Open(OwnSpace).ShouldBeNull();

        machine.TornReads.ShouldBeLessThan(2 * Limits.SessionImages + 2);
    }

    /// <summary>A machine whose system space maps nothing at two addresses; each session has a first entry of its own for one of them.</summary>
    private sealed class Sessions : IPhysicalMemory
    {
        private const ulong FirstRoot = 0x100000;
        private const ulong Image = 0x40000;
        private const ulong TornImage = 0x50000;

        private readonly PhysicalPages _memory = new();
        private readonly List<PageTables> _tables = [];
        private readonly Lazy<Capture> _capture;
        private readonly Lazy<ModuleImages> _images;

        public Sessions(int count)
        {
            // The table above the shared address is the system's in all of them; the page itself is mapped in none.
            var system = PageTables.FourLevel(_memory, SystemRoot, 0x20000);
            _ = system.EntryAddress(Shared, 12);
            var entry = BitConverter.ToUInt64(_memory[SystemRoot >> 12], (int)(system.EntryAddress(Shared, 39) & 0xFFF));
            for (var i = 0; i < count; i++)
            {
                var root = FirstRoot + (ulong)i * 0x8000;
                _tables.Add(PageTables.FourLevel(_memory, root, root + 0x1000).SetEntry(Shared, 39, entry));
                _ = _tables[i].EntryAddress(OwnSpace, 12);
            }

            var file = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32k.sys" };
            file.AddSection(".text", new byte[0x100], executable: true);
            var bytes = file.Export("NtUserCall", 0x1000).Build();
            _memory.Write(Image, bytes.AsSpan(0, Math.Min(bytes.Length, 0x1000)));
            _memory.Write(TornImage, "MZ"u8);
            _capture = new(() => Capture.FromBytes(PlainWriter.Raw(_memory, 1 << 20), "machine"));
            _images = new(() => new ModuleImages(
                new AddressSpaces(this, PagingMode.FourLevel, new PhysicalAddress(SystemRoot)),
                [.. _tables.Select((tables, i) => new SessionSpace((uint)i, new PhysicalAddress(tables.Root), default))]));
        }

        public int Reads { get; private set; }

        public int TornReads { get; private set; }

        public IReadOnlyList<PhysicalRange> Ranges => _capture.Value.Ranges;

        public Sessions MapImage(int session)
        {
            _tables[session].Map(OwnSpace, Image);
            return this;
        }

        public void MapTornImage(int session) => _tables[session].Map(OwnSpace, TornImage);

        public NtScope.Images.PeImage? Open(ulong address) =>
            _images.Value.Open(new LoadedModule(default, new VirtualAddress(address), 0x10000, "win32k.sys", null));

        public int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault)
        {
            Reads++;
            if (address.Value >> 12 == TornImage >> 12 && destination.Length > 2)
            {
                TornReads++;
            }

            return _capture.Value.Read(address, destination, out fault);
        }
    }
}
