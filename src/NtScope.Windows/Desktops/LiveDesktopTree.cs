using NtScope.Desktops;
using NtScope.Desktops.Security;
using NtScope.Reports;

namespace NtScope.Windows.Desktops;

/// <summary>Makes the report of desktops from what a system shows.</summary>
internal sealed class LiveDesktopTree(IWindowSystem system)
{
    private readonly Dictionary<uint, DesktopProcess> _processes = [];
    private readonly List<DesktopRow> _rows = [];
    private readonly List<string> _notes = [];

    /// <summary>The report.</summary>
    /// <param name="system">What the system shows.</param>
    /// <param name="managed">The names of the desktops that this program keeps.</param>
    public static Report<DesktopRow> Read(IWindowSystem system, IReadOnlyCollection<string> managed) => new LiveDesktopTree(system).Read(managed);

    private Report<DesktopRow> Read(IReadOnlyCollection<string> managed)
    {
        var sessions = system.Sessions();
        if (!sessions.IsKnown)
        {
            _notes.Add($"The sessions of this machine could not be listed: {ErrorText.Of(sessions.Error)}. Only session {system.CurrentSession} is shown.");
        }

        foreach (var session in sessions.Value ?? [])
        {
            _notes.Add($"Session {session.Id}{(session.Name is null ? "" : $" ({session.Name})")}: {session.State}{(session.User is null ? "" : $", {session.User}")}.");
        }

        foreach (var id in (sessions.Value ?? []).Select(static session => session.Id).Append(system.CurrentSession).Distinct().Order())
        {
            if (id == system.CurrentSession)
            {
                ReadCurrentSession(id);
            }
            else
            {
                ReadOtherSession(id);
            }
        }

        AddHandleView();
        AddUnplacedWindows();
        return DesktopReport.Create(system.Summary, _rows, _notes, managed);
    }

    private void ReadCurrentSession(int session)
    {
        var enumerated = system.EnumeratedStations();
        if (!enumerated.IsKnown)
        {
            _notes.Add($"EnumWindowStations failed: {ErrorText.Of(enumerated.Error)}.");
        }

        var byName = system.NamespaceStations(session);
        if (!byName.IsKnown)
        {
            _notes.Add($"The object namespace of session {session} could not be listed: {ErrorText.Of(byName.Error)}.");
        }

        foreach (var name in (enumerated.Value ?? []).Concat(byName.Value ?? []).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            List<string> seenBy = [];
            List<Finding> findings = [];
            if (enumerated.Value?.Contains(name, StringComparer.OrdinalIgnoreCase) == true)
            {
                seenBy.Add("enumeration");
            }
            else if (enumerated.IsKnown)
            {
                findings.Add(new Finding(
                    DesktopFindings.NotEnumerated,
                    $"the object namespace holds {name}, EnumWindowStations does not show it: WINSTA_ENUMERATE is denied, or it is hidden"));
            }

            if (byName.Value?.Contains(name, StringComparer.OrdinalIgnoreCase) == true)
            {
                seenBy.Add("namespace");
            }

            AddStation(session, system.ReadStation(name), seenBy, findings);
        }
    }

    private void ReadOtherSession(int session)
    {
        var stations = system.NamespaceStations(session);
        if (!stations.IsKnown)
        {
            _rows.Add(new DesktopRow
            {
                Session = session,
                Findings = [DesktopFindings.Denied("DIRECTORY_QUERY", $"the object directory of session {session}", $"its window stations are not listed: {ErrorText.Of(stations.Error)}; run as administrator")],
            });
        }

        foreach (var name in stations.Value ?? [])
        {
            _rows.Add(new DesktopRow
            {
                Session = session,
                WindowStation = name,
                SeenBy = ["namespace"],
                Findings = [new Finding(DesktopFindings.OtherSession, $"only a process of session {session} can open {name}: run this there to see its desktops")],
            });
        }
    }

    private void AddStation(int session, StationFacts station, IReadOnlyList<string> seenBy, List<Finding> findings)
    {
        var missing = station.MissingRights.Select(right => DesktopFindings.Denied(right.Name, station.Name, Consequence(right, "station"))).ToList();
        if (station.OpenError != 0 && missing.Count == 0)
        {
            missing.Add(new Finding(DesktopFindings.Unread, $"{station.Name} could not be opened: {ErrorText.Of(station.OpenError)}"));
        }

        if (station.Desktops is { IsKnown: true, Value: { Count: > 0 } desktops })
        {
            foreach (var desktop in desktops)
            {
                _rows.Add(Row(session, station.Name, desktop, desktop.IsListed ? seenBy : ["name"], [.. findings, .. missing]));
            }

            return;
        }

        if (!station.Desktops.IsKnown && missing.Count == 0)
        {
            missing.Add(new Finding(DesktopFindings.Unread, $"the desktops of {station.Name} could not be listed: {ErrorText.Of(station.Desktops.Error)}"));
        }

        _rows.Add(new DesktopRow { Session = session, WindowStation = station.Name, SeenBy = seenBy, Findings = [.. findings, .. missing] });
    }

    private DesktopRow Row(int session, string? station, DesktopFacts desktop, IReadOnlyList<string> seenBy, List<Finding> findings)
    {
        findings.AddRange(desktop.MissingRights.Select(right => DesktopFindings.Denied(right.Name, desktop.Name, Consequence(right, "desktop"))));
        if (desktop.OpenError != 0 && desktop.MissingRights.Count == 0)
        {
            findings.Add(new Finding(DesktopFindings.Unread, $"{desktop.Name} could not be opened: {ErrorText.Of(desktop.OpenError)}"));
        }

        SecurityDescriptor? descriptor = null;
        if (desktop.OpenError == 0)
        {
            NoteUnread("its windows", desktop.Windows.Error, findings);
            NoteUnread("its flags", desktop.Flags.Error, findings);
            NoteUnread("its heap size", desktop.HeapKilobytes.Error, findings);
            NoteUnread("its user", desktop.User.Error, findings);
            NoteUnread("its security descriptor", desktop.SecurityDescriptor.Error, findings);
        }

        if (desktop.SecurityDescriptor.Value is { } bytes && !SecurityDescriptor.TryParse(bytes, out descriptor, out var problem))
        {
            findings.Add(new Finding(DesktopFindings.Unread, problem!));
        }

        var windows = desktop.Windows.Value ?? [];
        var threads = windows.Where(static window => window.Tid is > 0).GroupBy(static window => window.Tid!.Value)
            .Select(group => new DesktopThread(group.Key, group.First().Pid ?? 0, Process(group.First().Pid ?? 0).Name)).ToList();
        return new DesktopRow
        {
            Session = session,
            WindowStation = station,
            Name = desktop.Name,
            Input = desktop.Input.IsKnown ? desktop.Input.Value : null,
            SeenBy = seenBy,
            Flags = desktop.Flags.IsKnown ? desktop.Flags.Value : null,
            HeapKilobytes = desktop.HeapKilobytes.IsKnown ? desktop.HeapKilobytes.Value : null,
            User = desktop.User.Value,
            Sddl = descriptor is not null && SddlWriter.Write(descriptor) is { Length: > 0 } sddl ? sddl : null,
            Access = descriptor is null ? [] : AccessInWords.Describe(descriptor),
            Windows = windows,
            Threads = threads,
            Processes = [.. threads.Select(static thread => thread.Pid).Distinct().Select(Process)],
            Findings = findings,
        };
    }

    private void AddHandleView()
    {
        var handles = system.DesktopHandles();
        if (!handles.IsKnown)
        {
            _notes.Add($"Handle tables could not be read: {ErrorText.Of(handles.Error)}.");
        }

        foreach (var handle in handles.Value ?? [])
        {
            var listed = Enumerable.Range(0, _rows.Count).Where(row => string.Equals(_rows[row].Name, handle.Name, StringComparison.OrdinalIgnoreCase)).ToList();
            if (listed.Count == 0)
            {
                _rows.Add(Held(handle));
            }

            foreach (var index in listed)
            {
                // Two stations may hold a desktop of one name, and a handle does not tell which is meant. Every process of a station holds its Default.
                var single = listed.Count == 1;
                var row = _rows[index];
                _rows[index] = row with
                {
                    SeenBy = [.. row.SeenBy, "handles"],
                    Object = single ? handle.Object : null,
                    Holders = single && DesktopRoles.Of(row, []) != DesktopRole.Default ? Holders(handle, row) : [],
                };
            }
        }
    }

    private DesktopRow Held(DesktopHandleFacts handle)
    {
        var holders = handle.ProcessIds.Count == 1 ? "a process holds" : $"{handle.ProcessIds.Count} processes hold";
        var row = Row(
            system.CurrentSession,
            null,
            system.ReadHeldDesktop(handle),
            ["handles"],
            [new Finding(DesktopFindings.SeenByHandleOnly, $"no station lists {handle.Name}, but {holders} it open; its window station is not known")]);
        return row with { Object = handle.Object, Holders = Holders(handle, row) };
    }

    private IReadOnlyList<DesktopProcess> Holders(DesktopHandleFacts handle, DesktopRow row) =>
        [.. handle.ProcessIds.Except(row.Processes.Select(static process => process.Pid)).Select(Process)];

    private void AddUnplacedWindows()
    {
        var known = _rows.SelectMany(static row => row.Threads).Select(static thread => thread.Tid).ToHashSet();
        var unplaced = system.WindowsOfOtherThreads(known);
        if (unplaced.Count == 0)
        {
            return;
        }

        var threads = unplaced.GroupBy(static window => window.Tid ?? 0)
            .Select(group => new DesktopThread(group.Key, group.First().Pid ?? 0, Process(group.First().Pid ?? 0).Name)).ToList();
        _rows.Add(new DesktopRow
        {
            Session = system.CurrentSession,
            SeenBy = ["threads"],
            Windows = unplaced,
            Threads = threads,
            Processes = [.. threads.Select(static thread => thread.Pid).Distinct().Select(Process)],
            Findings = [new Finding(DesktopFindings.UnplacedWindows, $"{threads.Count} threads own windows on desktops that could not be listed")],
        });
    }

    private static void NoteUnread(string what, int error, List<Finding> findings)
    {
        // A missing right has its own finding; what a system does not answer is merely empty.
        if (error is not (0 or ErrorText.AccessDenied or ErrorText.InvalidParameter))
        {
            findings.Add(new Finding(DesktopFindings.Unread, $"{what} could not be read: {ErrorText.Of(error)}"));
        }
    }

    private static string Consequence(AccessRight right, string type) => (type, right.Mask) switch
    {
        ("station", DesktopRights.StationEnumerateDesktops) => "its desktops are not listed",
        ("station", DesktopRights.StationReadAttributes) => "its attributes are not read",
        ("station", DesktopRights.StationEnumerate) => "EnumWindowStations hides it",
        ("desktop", DesktopRights.Enumerate) => "its windows, threads and processes are not listed",
        ("desktop", DesktopRights.ReadObjects) => "its flags, heap size and user may be missing",
        _ => "its security descriptor is not read",
    };

    private DesktopProcess Process(uint pid)
    {
        if (!_processes.TryGetValue(pid, out var process))
        {
            process = system.ReadProcess(pid);
            _processes.Add(pid, process);
        }

        return process;
    }
}
