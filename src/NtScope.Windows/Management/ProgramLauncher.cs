using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>Starts programs on a desktop by STARTUPINFO.lpDesktop.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class ProgramLauncher
{
    private const uint NewConsole = 0x10;
    private const uint NewProcessGroup = 0x200;
    private const uint Suspended = 4;
    private const uint IdleMilliseconds = 5000;
    private const int PathNotFound = 3;

    // STATUS_DLL_INIT_FAILED: what a program ends with whose user32 gets no memory of the desktop's heap.
    private const uint InitialisationFailed = 0xc0000142;

    /// <summary>
    /// Starts a program and gives it a handle to its desktop, so that the desktop outlives this process although the program has not yet
    /// connected to it. The handle says DESKTOP_READOBJECTS and nothing more.
    /// </summary>
    /// <param name="desktop">The desktop, open.</param>
    /// <param name="name">Its name.</param>
    /// <param name="commandLine">The command line.</param>
    /// <returns>The process's identifier.</returns>
    /// <exception cref="DesktopException">The program cannot be started.</exception>
    public static uint Start(DesktopHandle desktop, string name, string commandLine)
    {
        var place = StationPath(name);
        var line = (commandLine + '\0').ToCharArray();
        ProcessInformation started;
        fixed (char* placeText = place)
        fixed (char* lineText = line)
        {
            var startup = new StartupInformation { Size = (uint)sizeof(StartupInformation), Desktop = placeText };
            if (!Kernel32.CreateProcess(null, lineText, 0, 0, inheritHandles: false, NewConsole | NewProcessGroup | Suspended, 0, null, startup, out started))
            {
                var error = Marshal.GetLastPInvokeError();
                throw new DesktopException(error is ErrorText.FileNotFound or PathNotFound
                    ? $"\"{commandLine}\" cannot be started on {name}: there is no such program (error {error})"
                    : $"\"{commandLine}\" cannot be started on {name}: {ErrorText.Of(error)}");
            }
        }

        using var process = new KernelHandle(started.Process);
        using var thread = new KernelHandle(started.Thread);
        _ = Kernel32.DuplicateHandle(Kernel32.GetCurrentProcess(), desktop.Value, started.Process, out _, DesktopRights.ReadObjects, inherit: false, 0);
        _ = Kernel32.ResumeThread(started.Thread);
        _ = User32.WaitForInputIdle(started.Process, IdleMilliseconds);
        return Kernel32.GetExitCodeProcess(process, out var code) && code == InitialisationFailed
            ? throw new DesktopException($"\"{commandLine}\" ended at once on {name} (0x{code:x8}): the desktop heap of the session is exhausted, or the program may not enter {name}")
            : started.ProcessId;
    }

    /// <summary>The command line of the user's shell: what Winlogon starts, explorer.exe unless it was replaced.</summary>
    public static string ShellCommandLine()
    {
        const string Key = @"Software\Microsoft\Windows NT\CurrentVersion\Winlogon";
        return Registry.ReadText(Registry.CurrentUser, Key, "Shell") ?? Registry.ReadText(Registry.LocalMachine, Key, "Shell") ?? "explorer.exe";
    }

    private static string StationPath(string desktop)
    {
        var station = UserObject.ReadName(User32.GetProcessWindowStation());
        return (station.Value ?? "WinSta0") + "\\" + desktop + "\0";
    }
}
