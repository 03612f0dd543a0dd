using NtScope.Desktops;
using NtScope.Reports;

namespace NtScope.Windows.Desktops;

/// <summary>
/// What the running system shows of its sessions, window stations and desktops. The seam between the calls and what is made of them: what
/// not every system has (a Winlogon desktop, other sessions, heap sizes) is stood in for in tests.
/// </summary>
internal interface IWindowSystem
{
    /// <summary>The machine, for the report.</summary>
    TargetSummary Summary { get; }

    /// <summary>The session this process runs in.</summary>
    int CurrentSession { get; }

    /// <summary>All sessions.</summary>
    Outcome<IReadOnlyList<SessionFacts>> Sessions();

    /// <summary>The window stations of this session that EnumWindowStations names.</summary>
    Outcome<IReadOnlyList<string>> EnumeratedStations();

    /// <summary>The window stations of a session that the object namespace holds.</summary>
    Outcome<IReadOnlyList<string>> NamespaceStations(int session);

    /// <summary>Reads a window station of this session with its desktops.</summary>
    StationFacts ReadStation(string name);

    /// <summary>The desktops that handle tables show, one entry for each name.</summary>
    Outcome<IReadOnlyList<DesktopHandleFacts>> DesktopHandles();

    /// <summary>Reads a desktop that only handles show, through one of them.</summary>
    DesktopFacts ReadHeldDesktop(DesktopHandleFacts held);

    /// <summary>The windows of threads other than <paramref name="known"/>: those of desktops that could not be listed.</summary>
    IReadOnlyList<DesktopWindow> WindowsOfOtherThreads(IReadOnlySet<uint> known);

    /// <summary>What is known of a process.</summary>
    DesktopProcess ReadProcess(uint pid);
}
