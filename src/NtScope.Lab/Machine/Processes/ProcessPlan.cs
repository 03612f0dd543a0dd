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

    private const int SessionZeroIsolation = 6000;

    // Before Vista the first user works in the services' session.
    private static readonly ProcessPlan[] Old =
    [
        new(System, "", null, 12),
        new("smss.exe", System, null, 2),
        new("csrss.exe", "smss.exe", 0, 9),
        new("winlogon.exe", "smss.exe", 0, 5),
        new("services.exe", "winlogon.exe", 0, 5),
        new("lsass.exe", "winlogon.exe", 0, 6),
        new("svchost.exe", "services.exe", 0, 8),
        new("svchost.exe", "services.exe", 0, 5),
        new("svchost.exe", "services.exe", 0, 11),
        new("spoolsv.exe", "services.exe", 0, 4),
        new("alg.exe", "services.exe", 0, 3),
        new("explorer.exe", "winlogon.exe", 0, 14),
        new("notepad.exe", "explorer.exe", 0, 2),
        new("cmd.exe", "explorer.exe", 0, 1),
    ];

    private static readonly ProcessPlan[] All =
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

    /// <summary>The processes of a user's Windows, in the order of creation. The first is the system process.</summary>
    public static IEnumerable<ProcessPlan> Of(int build) => build < SessionZeroIsolation ? Old : All.Where(plan => build >= plan.FirstBuild);

    /// <summary>The session in which the user works.</summary>
    public static uint UserSession(int build) => build < SessionZeroIsolation ? 0u : 1u;
}
