using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Reports;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>The running Windows, by its documented calls and, for the namespace and handle tables, ntdll's.</summary>
[SupportedOSPlatform("windows")]
internal sealed class Win32WindowSystem : IWindowSystem
{
    private readonly ProcessTable _processes = new();

    public TargetSummary Summary { get; } = new(
        "this machine",
        "live",
        RuntimeInformation.OSArchitecture switch { Architecture.X86 => "x86", Architecture.Arm64 => "arm64", _ => "x64" },
        Environment.OSVersion.Version.ToString(),
        null);

    public int CurrentSession { get; } = Kernel32.ProcessIdToSessionId((uint)Environment.ProcessId, out var session) ? (int)session : 0;

    public Outcome<IReadOnlyList<SessionFacts>> Sessions() => SessionReader.Read();

    public Outcome<IReadOnlyList<string>> EnumeratedStations() => StationReader.Enumerate();

    public Outcome<IReadOnlyList<string>> NamespaceStations(int session) => ObjectNamespace.Names(
        session == 0 ? @"\Windows\WindowStations" : $@"\Sessions\{session}\Windows\WindowStations",
        "WindowStation");

    public StationFacts ReadStation(string name) => StationReader.Read(name);

    public Outcome<IReadOnlyList<DesktopHandleFacts>> DesktopHandles() => HandleTable.Desktops();

    public DesktopFacts ReadHeldDesktop(DesktopHandleFacts held) => DesktopReader.ReadHeld(held);

    public IReadOnlyList<DesktopWindow> WindowsOfOtherThreads(IReadOnlySet<uint> known) => WindowReader.OfOtherThreads(known);

    public DesktopProcess ReadProcess(uint pid) => _processes.Read(pid);
}
