using NtScope.Desktops;
using NtScope.Reports;
using NtScope.Windows.Desktops;

namespace NtScope.Windows.Tests.Desktops;

/// <summary>A system that has what Wine has not: other sessions, a secure desktop, heap sizes, integrity labels.</summary>
internal sealed class FakeWindowSystem : IWindowSystem
{
    public Dictionary<string, StationFacts> Stations { get; } = new(StringComparer.OrdinalIgnoreCase);

    public List<string> HiddenStations { get; } = [];

    public Outcome<IReadOnlyList<SessionFacts>> AllSessions { get; set; } = new([new SessionFacts(0, "Services", "disconnected", null), new SessionFacts(2, "Console", "active", "Anna")]);

    public Outcome<IReadOnlyList<string>> ServiceStations { get; set; } = new(["Service-0x0-3e7$"]);

    public List<DesktopHandleFacts> Handles { get; } = [];

    public List<DesktopWindow> Unplaced { get; } = [];

    public TargetSummary Summary { get; } = new("this machine", "live", "x64", "10.0.22631.2428", null);

    public int CurrentSession => 2;

    public Outcome<IReadOnlyList<SessionFacts>> Sessions() => AllSessions;

    public Outcome<IReadOnlyList<string>> EnumeratedStations() => new([.. Stations.Keys.Except(HiddenStations, StringComparer.OrdinalIgnoreCase)]);

    public Outcome<IReadOnlyList<string>> NamespaceStations(int session) => session == 0 ? ServiceStations : new([.. Stations.Keys]);

    public StationFacts ReadStation(string name) => Stations[name];

    public Outcome<IReadOnlyList<DesktopHandleFacts>> DesktopHandles() => new(Handles);

    public DesktopFacts ReadHeldDesktop(DesktopHandleFacts held) => new() { Name = held.Name, Input = new(false) };

    public IReadOnlyList<DesktopWindow> WindowsOfOtherThreads(IReadOnlySet<uint> known) => [.. Unplaced.Where(window => !known.Contains(window.Tid ?? 0))];

    public DesktopProcess ReadProcess(uint pid) => new(pid, $"process{pid}.exe");
}
