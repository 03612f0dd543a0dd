using NtScope.Testing.Images;

namespace NtScope.Testing.Captures;

/// <summary>
/// The page tables of a machine with many sessions: the system's space maps nothing at two addresses; each session shares the tables above one of them
/// and has a first entry of its own for the other.
/// </summary>
public sealed class SessionMachine
{
    /// <summary>The root of the system's page tables.</summary>
    public const ulong SystemRoot = 0x10000;

    /// <summary>An address above which all have the same tables; nothing is mapped there.</summary>
    public const ulong Shared = 0xFFFFF804_20000000;

    /// <summary>An address that each session maps by tables of its own, the system not at all.</summary>
    public const ulong OwnSpace = 0xFFFFF960_00010000;

    private const ulong FirstRoot = 0x100000;
    private const ulong RootDistance = 0x8000;
    private const ulong SystemTables = 0x20000;
    private const ulong Image = 0x40000;

    private readonly List<PageTables> _tables = [];

    /// <summary>A machine.</summary>
    /// <param name="sessions">How many sessions it has.</param>
    public SessionMachine(int sessions)
    {
        var system = PageTables.FourLevel(Memory, SystemRoot, SystemTables);
        _ = system.EntryAddress(Shared, 12);
        var entry = BitConverter.ToUInt64(Memory[SystemRoot >> 12], (int)(system.EntryAddress(Shared, 39) & 0xFFF));
        for (var i = 0; i < sessions; i++)
        {
            var root = FirstRoot + (ulong)i * RootDistance;
            _tables.Add(PageTables.FourLevel(Memory, root, root + PhysicalPages.PageSize).SetEntry(Shared, 39, entry));
            _ = _tables[i].EntryAddress(OwnSpace, 12);
        }

        var file = new PeImageBuilder(ProcessorArchitecture.X64) { ModuleName = "win32k.sys" };
        file.AddSection(".text", new byte[0x100], executable: true);
        var bytes = file.Export("NtUserCall", 0x1000).Build();
        Memory.Write(Image, bytes.AsSpan(0, Math.Min(bytes.Length, PhysicalPages.PageSize)));
        Memory.Write(TornImage, "MZ"u8);
    }

    /// <summary>Where the page is that begins like an image and is none.</summary>
    public static ulong TornImage => 0x50000;

    /// <summary>Physical memory.</summary>
    public PhysicalPages Memory { get; } = new();

    /// <summary>The roots of the sessions' page tables.</summary>
    public IReadOnlyList<ulong> Roots => [.. _tables.Select(tables => tables.Root)];

    /// <summary>Maps an image's headers in a session's own space.</summary>
    public SessionMachine MapImage(int session)
    {
        _tables[session].Map(OwnSpace, Image);
        return this;
    }

    /// <summary>Maps a page that begins like an image and is none in a session's own space, as often as is wanted.</summary>
    public SessionMachine MapTornImage(int session, int pages = 1)
    {
        for (var page = 0; page < pages; page++)
        {
            _tables[session].Map(OwnSpace + (ulong)page * PhysicalPages.PageSize, TornImage);
        }

        return this;
    }
}
