using System.Text;
using NtScope.Knowledge;
using NtScope.Lab.Machine.Memory;
using NtScope.Lab.Machine.Objects;
using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>Creates sessions, their window stations and desktops, and the threads and windows on them.</summary>
internal sealed class SessionBuilder
{
    private const uint WindowStationSize = 0x200;
    private const uint DesktopSize = 0x180;
    private const int InformationSize = 0x100;
    private const int ThreadInformationSize = 0x600;
    private const int ProcessInformationSize = 0x500;
    private const int WindowSize = 0x150;
    private const int DirectPartSize = 0x100;
    private const uint AllAccess = 0x000F_037F;
    private const uint Visible = 0x1000_0000;
    private const uint OverlappedWindow = 0x00CF_0000;

    private readonly MachineContext _context;
    private readonly ObjectManager _objects;
    private readonly ObjectNamespace _names;
    private readonly ProcessBuilder _processes;
    private readonly KernelSpace _places;
    private readonly Win32kImages _images;
    private readonly Dictionary<uint, SessionSpace> _sessions = [];
    private readonly Dictionary<(uint Session, string Name), VirtualAddress> _windowStations = [];
    private readonly Dictionary<uint, VirtualAddress> _processInformation = [];
    private readonly List<LabDesktop> _desktops = [];
    private uint _nextWindow = 0x10;
    private VirtualAddress _nextStructure;

    /// <summary>Prepares sessions; there is none yet.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="objects">The object manager.</param>
    /// <param name="names">The namespace.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="places">Where the parts of the kernel's half are.</param>
    public SessionBuilder(MachineContext context, ObjectManager objects, ObjectNamespace names, ProcessBuilder processes, KernelSpace places)
    {
        _context = context;
        _objects = objects;
        _names = names;
        _processes = processes;
        _places = places;
        _images = new Win32kImages(context, places.Win32k);
        _nextStructure = places.SessionStructures;
        Layout = context.IsNarrow ? null : KnowledgeBase.Embedded.Win32kLayouts.ForBuild(context.Version.Build)
            ?? throw new InvalidOperationException($"no layouts of win32k are known for {context.Version}");
    }

    /// <summary>The layouts of win32k; null on x86, of which none are known.</summary>
    public Win32kLayout? Layout { get; }

    /// <summary>The images of win32k.</summary>
    public Win32kImages Images => _images;

    /// <summary>All desktops.</summary>
    public IReadOnlyList<LabDesktop> Desktops => _desktops;

    /// <summary>The memory of each session.</summary>
    public IEnumerable<LabAddressSpace> Spaces => _sessions.Values.Select(session => session.Space);

    /// <summary>The memory of a session.</summary>
    public LabAddressSpace SpaceOf(uint session) => _sessions[session].Space;

    /// <summary>Makes a process a member of its session; the first one creates the session.</summary>
    public void Join(MachineProcess process)
    {
        if (process.Session is not { } number)
        {
            return;
        }

        if (!_sessions.TryGetValue(number, out var session))
        {
            _sessions.Add(number, session = CreateSession(number, process));
        }
        else
        {
            process.Space.ShareTables(session.Space, _places.Session, _places.SessionSize);
        }

        var structure = _context.At("_EPROCESS", process.Object).SetIfPresent("Session", session.Structure.Address).SetIfPresent("ProcessInSession", 1);
        _context.InsertTail(session.Structure.AddressOf("ProcessList"), structure.AddressOf("SessionProcessLinks"));
        session.Structure.SetIfPresent("ReferenceCount", (ulong)_processes.Processes.Count(other => other.Session == number));
    }

    /// <summary>Creates a window station.</summary>
    public void CreateWindowStation(uint session, string name)
    {
        var body = _objects.Create("WindowStation", WindowStationSize, name, _sessions[session].WindowStations);
        At("tagWINDOWSTATION", body).Set32("dwSessionId", session);
        var previous = _windowStations.LastOrDefault(known => known.Key.Session == session).Value;
        if (!previous.IsZero)
        {
            At("tagWINDOWSTATION", previous).Set("rpwinstaNext", body);
        }

        _windowStations.Add((session, name), body);
    }

    /// <summary>Creates a desktop at the end of its window station's list.</summary>
    public LabDesktop CreateDesktop(uint session, string windowStation, string name)
    {
        var station = _windowStations[(session, windowStation)];
        var body = _objects.Create("Desktop", DesktopSize, name, default);
        var information = _sessions[session].Pool.Allocate(InformationSize, PoolTag.Of("Uskb"));
        var desktop = new LabDesktop(session, windowStation, name, body, information);
        var structure = At("tagDESKTOP", body).Set32("dwSessionId", session).Set("pDeskInfo", information).Set("rpwinstaParent", station).Set32("dwDesktopId", (uint)_desktops.Count + 1);
        if (Layout is not null)
        {
            _context.InitializeList(structure.AddressOf("PtiList"));
        }

        var last = _desktops.LastOrDefault(other => other.Session == session && other.WindowStation == windowStation);
        if (last is null)
        {
            At("tagWINDOWSTATION", station).Set("rpdeskList", body);
        }
        else
        {
            At("tagDESKTOP", last.Object).Set("rpdeskNext", body);
        }

        InSession(session, "tagDESKTOPINFO", information).Set("pvDesktopBase", information).Set("pvDesktopLimit", information + InformationSize);
        _desktops.Add(desktop);
        return desktop;
    }

    /// <summary>Puts the threads of a process on a desktop.</summary>
    public void AddThreads(LabDesktop desktop, MachineProcess process, int count = int.MaxValue)
    {
        var session = _sessions[desktop.Session];
        _processes.AddHandle(process, _windowStations[(desktop.Session, desktop.WindowStation)], AllAccess);
        _processes.AddHandle(process, desktop.Object, AllAccess);
        foreach (var thread in Layout is null ? [] : process.Threads.Take(count))
        {
            var information = session.Pool.Allocate(ThreadInformationSize, PoolTag.Of("Usti"));
            InSession(desktop.Session, "tagTHREADINFO", information).Set("pEThread", thread.Object).Set("ppi", ProcessInformation(session, process)).Set("pDeskInfo", desktop.Information);
            _context.At("_ETHREAD", thread.Object).Set("Tcb.Win32Thread", information);
            InsertTail(session.Space, At("tagDESKTOP", desktop.Object).AddressOf("PtiList"), InSession(desktop.Session, "tagTHREADINFO", information).AddressOf("PtiLink"));
            desktop.Add(thread);
        }
    }

    /// <summary>Creates a top-level window. The first one creates the desktop's own window above it.</summary>
    public void AddWindow(LabDesktop desktop, MachineThread thread, string title, bool isVisible)
    {
        if (Layout is null)
        {
            return;
        }

        var processId = (uint)_context.ReadPointer(_context.At("_ETHREAD", thread.Object).AddressOf("Cid.UniqueProcess")).Value;
        if (desktop.RootWindow.IsZero)
        {
            (desktop.RootWindow, _) = CreateWindow(desktop, thread, string.Empty, Visible);
            InSession(desktop.Session, "tagDESKTOPINFO", desktop.Information).Set("spwnd", desktop.RootWindow);
        }

        var (address, handle) = CreateWindow(desktop, thread, title, OverlappedWindow | (isVisible ? Visible : 0));
        Window(desktop, address).Set("spwndParent", desktop.RootWindow);
        if (desktop.LastWindow.IsZero)
        {
            Window(desktop, desktop.RootWindow).Set("spwndChild", address);
        }
        else
        {
            Window(desktop, desktop.LastWindow).Set("spwndNext", address);
            Window(desktop, address).Set("spwndPrev", desktop.LastWindow);
        }

        desktop.LastWindow = address;
        desktop.Add(new LabWindow(handle, address, title, processId, thread.Id, isVisible));
    }

    private static void InsertTail(LabAddressSpace space, VirtualAddress head, VirtualAddress entry)
    {
        space.TryReadPointer(head + sizeof(ulong), out var last, out _);
        space.WriteUInt64(entry, head.Value);
        space.WriteUInt64(entry + sizeof(ulong), last.Value);
        space.WriteUInt64(last, entry.Value);
        space.WriteUInt64(head + sizeof(ulong), entry.Value);
    }

    private (VirtualAddress Address, uint Handle) CreateWindow(LabDesktop desktop, MachineThread thread, string title, uint style)
    {
        var session = _sessions[desktop.Session];
        var address = session.Pool.Allocate(WindowSize, PoolTag.Of("Uswd"));
        var handle = 0x1_0000u | _nextWindow;
        _nextWindow += 2;
        _context.At("_ETHREAD", thread.Object).Space.TryReadPointer(_context.At("_ETHREAD", thread.Object).AddressOf("Tcb.Win32Thread"), out var information, out _);
        InSession(desktop.Session, "_THRDESKHEAD", address).Set("h", handle).Set("cLockObj", 1).Set("pti", information).Set("rpdesk", desktop.Object).Set("pSelf", address);
        var window = Window(desktop, address).Set32("style", style);
        var text = session.Pool.Allocate(2 * title.Length + 2, PoolTag.Of("Ustx"));
        session.Space.Write(text, Encoding.Unicode.GetBytes(title + '\0'));
        var name = window.AddressOf("strName");
        session.Space.WriteUInt32(name, (uint)(2 * title.Length));
        session.Space.WriteUInt32(name + 4, (uint)(2 * title.Length + 2));
        session.Space.WriteUInt64(name + 8, text.Value);
        if (window.Has("subPointer"))
        {
            var direct = session.Pool.Allocate(DirectPartSize, PoolTag.Of("Uswd"));
            window.Set("subPointer", direct).Set("directName", text);
            InSession(desktop.Session, "subTagWNDType", direct).Set32("style_bitmask", style);
        }

        return (address, handle);
    }

    private SessionSpace CreateSession(uint number, MachineProcess first)
    {
        _images.Map(first.Space);
        var build = _context.Version.Build;
        var pool = new KernelPool(first.Space, _places.SessionPool, _places.SessionPoolLimit, paged: true, executable: false, chained: build < 18362, oldTypes: build < 6000);
        var size = LabStructure.SizeOf(_context.Types, "_MM_SESSION_SPACE");
        _context.System.Allocate(_nextStructure, size, PageAccess.Write);
        var structure = _context.At("_MM_SESSION_SPACE", _nextStructure).Set("SessionId", number);
        _nextStructure += 0x10_0000;
        _context.InitializeList(structure.AddressOf("ProcessList"));
        return new SessionSpace(number, first, pool, structure, number == 0 ? _names.ServiceWindowStations : _names.CreateSession(number));
    }

    private VirtualAddress ProcessInformation(SessionSpace session, MachineProcess process)
    {
        if (!_processInformation.TryGetValue(process.Id, out var information))
        {
            information = session.Pool.Allocate(ProcessInformationSize, PoolTag.Of("Uspi"));
            InSession(session.Number, "tagPROCESSINFO", information).Set("Process", process.Object);
            _context.At("_EPROCESS", process.Object).Set("Win32Process", information);
            _processInformation.Add(process.Id, information);
        }

        return information;
    }

    private Win32kStructure At(string type, VirtualAddress address) => new(_context.System, Layout, type, address);

    private Win32kStructure InSession(uint session, string type, VirtualAddress address) => new(_sessions[session].Space, Layout, type, address);

    private Win32kStructure Window(LabDesktop desktop, VirtualAddress address) => InSession(desktop.Session, "tagWND", address);
}
