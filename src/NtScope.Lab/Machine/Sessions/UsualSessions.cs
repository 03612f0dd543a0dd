using NtScope.Lab.Machine.Processes;

namespace NtScope.Lab.Machine.Sessions;

/// <summary>The sessions of a user's Windows: that of services and the user's, with window stations, desktops and windows.</summary>
internal static class UsualSessions
{
    /// <summary>Makes the processes members of their sessions and puts them on desktops.</summary>
    public static void Start(SessionBuilder sessions, IReadOnlyList<MachineProcess> processes, int build)
    {
        foreach (var process in processes)
        {
            sessions.Join(process);
        }

        var userSession = ProcessPlan.UserSession(build);
        sessions.CreateWindowStation(0, "WinSta0");
        sessions.CreateWindowStation(0, "Service-0x0-3e7$");
        if (userSession != 0)
        {
            sessions.CreateWindowStation(userSession, "WinSta0");
            sessions.CreateDesktop(0, "WinSta0", "Default");
            sessions.CreateDesktop(0, "WinSta0", "Disconnect");
        }

        var services = sessions.CreateDesktop(0, "Service-0x0-3e7$", "Default");
        var logon = sessions.CreateDesktop(userSession, "WinSta0", "Winlogon");
        var user = sessions.CreateDesktop(userSession, "WinSta0", "Default");
        sessions.CreateDesktop(userSession, "WinSta0", "Disconnect");
        foreach (var process in processes.Where(process => process.Session is not null))
        {
            sessions.AddThreads(process.Session != userSession ? services : process.Name == "winlogon.exe" ? logon : user, process, count: 3);
        }

        AddWindow(logon, "winlogon.exe", "Winlogon generic control dialog", isVisible: false);
        AddWindow(user, "explorer.exe", "Program Manager", isVisible: true);
        AddWindow(user, "explorer.exe", "Task Switching", isVisible: false);
        AddWindow(user, "notepad.exe", "notes.txt - Notepad", isVisible: true);
        AddWindow(user, "cmd.exe", @"C:\Windows\System32\cmd.exe", isVisible: true);

        void AddWindow(LabDesktop desktop, string owner, string title, bool isVisible) =>
            sessions.AddWindow(desktop, processes.Last(process => process.Name == owner).Threads[0], title, isVisible);
    }
}
