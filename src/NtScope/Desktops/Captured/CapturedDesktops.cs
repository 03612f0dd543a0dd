using NtScope.Desktops.Security;
using NtScope.Kernel;
using NtScope.Kernel.Objects;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Desktops.Captured;

/// <summary>
/// The sessions, window stations and desktops of a machine's memory. Stations come from the object namespace, desktops from each station's list
/// (tagWINDOWSTATION.rpdeskList, tagDESKTOP.rpdeskNext) and from the pool; what only one of the two shows is a finding.
/// </summary>
public sealed class CapturedDesktops
{
    private const string Station = "tagWINDOWSTATION";
    private const string Desktop = "tagDESKTOP";
    private const int MostDesktops = 4096;
    private const int MostDescriptorBytes = 0x1000;

    private readonly KernelContext _context;
    private readonly ObjectManager _objects;
    private readonly Win32kOffsets _offsets;
    private readonly SessionMemory _sessions;
    private readonly CapturedProcesses _processes;
    private readonly Dictionary<VirtualAddress, CapturedStation> _stations = [];
    private readonly Dictionary<VirtualAddress, CapturedDesktop> _desktops = [];
    private readonly List<DesktopRow> _rows = [];

    private CapturedDesktops(Target target, CancellationToken cancellation)
    {
        _context = new KernelContext(target, cancellation);
        _objects = new ObjectManager(_context);
        _offsets = new Win32kOffsets(_context);
        _sessions = new SessionMemory(_context);
        _processes = new CapturedProcesses(_context);
    }

    /// <summary>The report <c>ntscope.desktops/1</c>.</summary>
    /// <param name="target">A machine's memory, x64.</param>
    /// <param name="options">How much is looked at.</param>
    /// <exception cref="InputException">The target has no kernel or no layouts, or is not x64.</exception>
    public static Report<DesktopRow> Analyse(Target target, SurveyOptions options)
    {
        var analysis = new CapturedDesktops(target, options.Cancellation);
        return analysis._context.PointerSize == sizeof(ulong)
            ? analysis.Analyse(options)
            : throw new InputException(target.Summary.Name, "desktops are read from x64 captures only: no layouts of 32-bit win32k are known");
    }

    private Report<DesktopRow> Analyse(SurveyOptions options)
    {
        FindStations();
        foreach (var station in _stations.Values.ToList())
        {
            FollowList(station);
        }

        var windows = new WindowWalk(_offsets, _processes);
        var threads = new ThreadWalk(_offsets, _processes);
        foreach (var desktop in _desktops.Values)
        {
            // The layout of the thread list is proven on any desktop that has threads, before the pool is scanned by it.
            _ = threads.Read(_sessions.Of(_stations[desktop.Station].Session), desktop.Object, []);
        }

        if (options.ScanPool)
        {
            var known = _stations.ToDictionary(static pair => pair.Key, static pair => pair.Value.Session);
            foreach (var found in new DesktopPoolScan(_context, _offsets, _sessions).Find(known, options.Progress, options.Cancellation))
            {
                if (_desktops.TryGetValue(found.Object, out var listed))
                {
                    listed.SeenBy.Add("pool");
                }
                else
                {
                    _desktops.Add(found.Object, found);
                }
            }
        }

        foreach (var desktop in _desktops.Values)
        {
            AddRow(desktop, threads, windows);
        }

        foreach (var station in _stations.Values.Where(station => _desktops.Values.All(desktop => desktop.Station != station.Object)))
        {
            _rows.Add(new DesktopRow { Session = station.Session, WindowStation = station.Name, SeenBy = station.SeenBy });
        }

        return DesktopReport.Create(_context.Target.Summary, _rows, [.. _context.Notes, _offsets.Describe()], []);
    }

    private void FindStations()
    {
        foreach (var entry in new ObjectNamespace(_context, _objects).Entries)
        {
            if (string.Equals(entry.TypeName, "WindowStation", StringComparison.Ordinal))
            {
                _stations.TryAdd(entry.Object, new CapturedStation(entry.Object, entry.Name, SessionOf(entry), ["namespace"]));
            }
        }

        if (_stations.Count == 0)
        {
            _context.Note("The object namespace shows no window station: its pages are not in the capture, or the machine had not started its sessions.");
        }
    }

    /// <summary>The session by the path (<c>\Sessions\1\Windows\WindowStations\...</c>; session 0 has none), checked against the object's own.</summary>
    private int? SessionOf(NamespaceEntry entry)
    {
        var parts = entry.Path.Split('\\');
        int? byPath = parts is ["", "Sessions", var number, ..] && int.TryParse(number, out var session) ? session
            : entry.Path.StartsWith(@"\Windows\", StringComparison.OrdinalIgnoreCase) ? 0 : null;
        var bySelf = _offsets.Known(Station, "dwSessionId") is { } offset && _context.Memory.TryReadUInt32(entry.Object + offset, out var own, out _) ? (int?)own : null;
        if (byPath is not null && bySelf is not null && byPath != bySelf)
        {
            _context.Note($"{entry.Path} stands in the namespace of session {byPath} and says that it belongs to session {bySelf}.");
        }

        return byPath ?? bySelf;
    }

    private void FollowList(CapturedStation station)
    {
        if (_offsets.Prove(Station, "rpdeskList", offset => Read(station.Object + offset) is { } first && IsDesktop(first)) is not { } head)
        {
            return;
        }

        for (var desktop = Read(station.Object + head); desktop is { } present; desktop = NextOf(present, station))
        {
            if (!IsDesktop(present))
            {
                _context.Note($"The list of desktops of {station.Name} leads to {present}, which is no desktop.");
                return;
            }

            if (_desktops.Count >= MostDesktops || !_desktops.TryAdd(present, new CapturedDesktop(present, station.Object, ["list"])))
            {
                _context.Note($"The list of desktops of {station.Name} comes back to {present}.");
                return;
            }

            _ = _offsets.Prove(Desktop, "rpwinstaParent", offset => Read(present + offset) == station.Object);
        }
    }

    // The last desktop's pointer is null and proves nothing, so an unproven field is tried as it is known.
    private VirtualAddress? NextOf(VirtualAddress desktop, CapturedStation station)
    {
        var next = _offsets.Prove(Desktop, "rpdeskNext", offset => Read(desktop + offset) is { } candidate && candidate != desktop && IsDesktop(candidate)
            && !_desktops.ContainsKey(candidate) && BelongsTo(candidate, station));
        return next is { } place ? Read(desktop + place) : null;
    }

    private bool BelongsTo(VirtualAddress desktop, CapturedStation station) =>
        _offsets.Prove(Desktop, "rpwinstaParent", offset => Read(desktop + offset) == station.Object) is { } parent && Read(desktop + parent) == station.Object;

    private void AddRow(CapturedDesktop desktop, ThreadWalk threadWalk, WindowWalk windowWalk)
    {
        var station = _stations[desktop.Station];
        var findings = new List<Finding>();
        var memory = _sessions.Of(station.Session);
        var (threads, processes) = threadWalk.Read(memory, desktop.Object, findings);
        var windows = windowWalk.Read(memory, desktop.Object, findings);
        if (!desktop.SeenBy.Contains("list", StringComparer.Ordinal))
        {
            findings.Add(new Finding(DesktopFindings.ViewsDisagree, $"a scan of the pool shows this desktop, the list of {station.Name} does not: it was taken out, or has been closed"));
        }

        var descriptor = ReadDescriptor(desktop.Object, findings);
        _rows.Add(new DesktopRow
        {
            Session = station.Session,
            WindowStation = station.Name,
            Name = _objects.NameOf(desktop.Object, findings).Name ?? $"unnamed at {desktop.Object}",
            Object = desktop.Object,
            SeenBy = desktop.SeenBy,
            HeapKilobytes = ReadHeapKilobytes(desktop.Object),
            Sddl = descriptor is null ? null : SddlWriter.Write(descriptor),
            Access = descriptor is null ? [] : AccessInWords.Describe(descriptor),
            Threads = threads,
            Processes = processes,
            Windows = windows,
            Findings = findings,
        });
    }

    private SecurityDescriptor? ReadDescriptor(VirtualAddress desktop, List<Finding> findings)
    {
        if (_context.At("_OBJECT_HEADER", _objects.HeaderOf(desktop), findings).FastReference("SecurityDescriptor") is not { IsZero: false } place)
        {
            return null;
        }

        var bytes = new byte[MostDescriptorBytes];
        var read = _context.Memory.Read(place, bytes, out _);
        if (SecurityDescriptor.TryParse(bytes.AsSpan(0, read), out var descriptor, out var problem))
        {
            return descriptor;
        }

        findings.Add(new Finding(DesktopFindings.Unread, $"its security descriptor at {place}: {problem}"));
        return null;
    }

    // tagDESKTOP.ulHeapSize counts bytes; what is beyond any real heap is not one.
    private uint? ReadHeapKilobytes(VirtualAddress desktop)
    {
        const uint MostBytes = 1u << 30;
        return _offsets.Known(Desktop, "ulHeapSize") is { } offset && _context.Memory.TryReadUInt32(desktop + offset, out var bytes, out _) && bytes is > 0 and <= MostBytes
            ? bytes / 1024
            : null;
    }

    private bool IsDesktop(VirtualAddress candidate) => string.Equals(_objects.TypeNameOf(candidate), "Desktop", StringComparison.Ordinal);

    private VirtualAddress? Read(VirtualAddress place) => _context.ReadPointer(place) is { IsZero: false } value ? value : null;
}
