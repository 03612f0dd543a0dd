using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>Binds the calling thread to a desktop for the length of some work.</summary>
[SupportedOSPlatform("windows")]
internal static class BoundDesktop
{
    /// <summary>
    /// Does the work on the desktop with a handle that is this thread's alone, then goes back, so that the handle can be closed: Windows
    /// does not close one that a thread is bound to. The work leaves no window behind.
    /// </summary>
    /// <exception cref="DesktopException">The desktop cannot be opened, or the thread has windows already.</exception>
    public static void Run(string name, Action<DesktopHandle> work)
    {
        var home = User32.GetThreadDesktop(Kernel32.GetCurrentThreadId());
        using var desktop = DesktopAccess.Open(name, DesktopAccess.Work);
        if (!User32.SetThreadDesktop(desktop.Value))
        {
            throw new DesktopException($"a thread cannot enter {name}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
        }

        try
        {
            work(desktop);
        }
        finally
        {
            _ = User32.SetThreadDesktop(home);
        }
    }
}
