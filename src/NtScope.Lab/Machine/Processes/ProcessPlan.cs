namespace NtScope.Lab.Machine.Processes;

/// <summary>A process to create at boot.</summary>
/// <param name="Name">Its image's name.</param>
/// <param name="Parent">The name of its creator; the last one of that name before it.</param>
/// <param name="Session">Its session; null for none.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="FirstBuild">The first build that starts it.</param>
internal sealed record ProcessPlan(string Name, string Parent, uint? Session, int Threads, int FirstBuild = 0)
{
    /// <summary>The system process.</summary>
    public const string System = "System";

    /// <summary>A user's Windows, in the order of creation. The first is the system process.</summary>
    public static IReadOnlyList<ProcessPlan> All { get; } =
    [
        new(System, "", null, 12),
        new("Registry", System, null, 4, 17134),
        new("smss.exe", System, null, 2),
        new("csrss.exe", "smss.exe", 0, 6),
        new("wininit.exe", "smss.exe", 0, 2),
        new("csrss.exe", "smss.exe", 1, 7),
        new("winlogon.exe", "smss.exe", 1, 3),
        new("services.exe", "wininit.exe", 0, 5),
        new("lsass.exe", "wininit.exe", 0, 6),
        new("svchost.exe", "services.exe", 0, 8),
        new("svchost.exe", "services.exe", 0, 5),
        new("dwm.exe", "winlogon.exe", 1, 5),
        new("svchost.exe", "services.exe", 0, 11),
        new("spoolsv.exe", "services.exe", 0, 4),
        new("taskhostw.exe", "svchost.exe", 1, 4),
        new("explorer.exe", "winlogon.exe", 1, 14),
        new("notepad.exe", "explorer.exe", 1, 2),
        new("cmd.exe", "explorer.exe", 1, 1),
    ];
}
