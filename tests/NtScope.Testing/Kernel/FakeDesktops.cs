using NtScope.Knowledge;

namespace NtScope.Testing.Kernel;

/// <summary>Window stations, desktops, threads and windows of a <see cref="FakeKernel"/>, in session 1, after win32k's layout of its build.</summary>
public sealed class FakeDesktops
{
    private const uint Visible = 0x1000_0000;
    private const uint StructureBytes = 0x700;

    private readonly FakeKernel _kernel;
    private readonly VirtualAddress _directory;
    private readonly Win32kLayout _layout;
    private readonly IReadOnlyDictionary<string, uint> _moved;
    private uint _handle = 0x10010;

    /// <summary>A session without a station.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="names">Its namespace.</param>
    /// <param name="moved">Fields that this machine has elsewhere than the layout says (<c>tagDESKTOP.rpdeskNext</c>).</param>
    public FakeDesktops(FakeKernel kernel, FakeNamespace names, IReadOnlyDictionary<string, uint>? moved = null)
    {
        _kernel = kernel;
        _moved = moved ?? new Dictionary<string, uint>(StringComparer.Ordinal);
        _layout = KnowledgeBase.Embedded.Win32kLayouts.ForBuild(kernel.Known.Version.Build) ?? throw new ArgumentException("no layout", nameof(kernel));
        var session = names.AddDirectory("1", names.AddDirectory("Sessions", names.Root));
        _directory = names.AddDirectory("WindowStations", names.AddDirectory("Windows", session));
    }

    /// <summary>Where a field is.</summary>
    public uint OffsetOf(string structure, string field) => _moved.TryGetValue($"{structure}.{field}", out var moved) ? moved
        : _layout.TryGetField(structure, field, out var found) ? found.Offset : throw new ArgumentException($"no {structure}.{field}", nameof(field));

    /// <summary>Adds a station.</summary>
    public VirtualAddress AddStation(string name)
    {
        var station = _kernel.CreateObject("WindowStation", "_EPROCESS", name, _directory, "Wind");
        _kernel.WriteNumber(station + OffsetOf("tagWINDOWSTATION", "dwSessionId"), 1);
        return station;
    }

    /// <summary>Adds a desktop to a station, in its list behind <paramref name="previous"/> or at its head; unlisted for <paramref name="listed"/> false.</summary>
    public VirtualAddress AddDesktop(VirtualAddress station, string name, VirtualAddress previous = default, bool listed = true)
    {
        var desktop = _kernel.CreateObject("Desktop", "_EPROCESS", name, tag: "Desk");
        var information = _kernel.Allocate("Uskb", 0x100);
        _kernel.WriteNumber(desktop + OffsetOf("tagDESKTOP", "dwSessionId"), 1);
        _kernel.WritePointer(desktop + OffsetOf("tagDESKTOP", "pDeskInfo"), information);
        _kernel.WritePointer(desktop + OffsetOf("tagDESKTOP", "rpwinstaParent"), station);
        _kernel.InitializeList(desktop + OffsetOf("tagDESKTOP", "PtiList"));
        if (listed)
        {
            _kernel.WritePointer(previous.IsZero ? station + OffsetOf("tagWINDOWSTATION", "rpdeskList") : previous + OffsetOf("tagDESKTOP", "rpdeskNext"), desktop);
        }

        var root = CreateWindow(desktop, default, "", true);
        _kernel.WritePointer(information + OffsetOf("tagDESKTOPINFO", "spwnd"), root);
        return desktop;
    }

    /// <summary>Binds a thread (_ETHREAD) to a desktop.</summary>
    /// <returns>Its tagTHREADINFO.</returns>
    public VirtualAddress AddThread(VirtualAddress desktop, VirtualAddress thread)
    {
        var information = _kernel.Allocate("Usti", StructureBytes);
        _kernel.WritePointer(information + OffsetOf("tagTHREADINFO", "pEThread"), thread);
        _kernel.InsertTail(desktop + OffsetOf("tagDESKTOP", "PtiList"), information + OffsetOf("tagTHREADINFO", "PtiLink"));
        return information;
    }

    /// <summary>Adds a top-level window behind those that are there.</summary>
    /// <returns>Its tagWND.</returns>
    public VirtualAddress AddWindow(VirtualAddress desktop, VirtualAddress threadInformation, string title, bool visible)
    {
        var root = _kernel.ReadPointer(_kernel.ReadPointer(desktop + OffsetOf("tagDESKTOP", "pDeskInfo")) + OffsetOf("tagDESKTOPINFO", "spwnd"));
        var window = CreateWindow(desktop, threadInformation, title, visible);
        _kernel.WritePointer(window + OffsetOf("tagWND", "spwndParent"), root);
        var place = root + OffsetOf("tagWND", "spwndChild");
        while (_kernel.ReadPointer(place) is { IsZero: false } present)
        {
            place = present + OffsetOf("tagWND", "spwndNext");
        }

        _kernel.WritePointer(place, window);
        return window;
    }

    private VirtualAddress CreateWindow(VirtualAddress desktop, VirtualAddress threadInformation, string title, bool visible)
    {
        var window = _kernel.Allocate("Uswd", StructureBytes);
        var part = _kernel.Allocate("Uswd", 0x100);
        _kernel.WriteNumber(window, _handle);
        _handle += 2;
        _kernel.WritePointer(window + OffsetOf("_THRDESKHEAD", "pti"), threadInformation);
        _kernel.WritePointer(window + OffsetOf("_THRDESKHEAD", "rpdesk"), desktop);
        _kernel.WritePointer(window + OffsetOf("tagWND", "subPointer"), part);
        _kernel.WriteNumber(part + OffsetOf("subTagWNDType", "style_bitmask"), visible ? Visible : 0);
        var text = _kernel.Allocate("Ustx", (uint)(title.Length * 2) + 2);
        _kernel.Write(text, System.Text.Encoding.Unicode.GetBytes(title));
        _kernel.WritePointer(window + OffsetOf("tagWND", "directName"), text);
        return window;
    }
}
