using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Desktops.Security;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>What lives on a desktop at one moment.</summary>
/// <param name="Windows">Its windows.</param>
/// <param name="Processes">The processes of their threads.</param>
[SupportedOSPlatform("windows")]
internal sealed record DesktopInhabitants(IReadOnlyList<DesktopWindow> Windows, IReadOnlyList<DesktopProcess> Processes)
{
    /// <summary>Looks at a desktop; nobody lives on one that is gone.</summary>
    /// <param name="name">The desktop.</param>
    /// <param name="ignored">Processes that do not count: the agent, this program.</param>
    public static DesktopInhabitants Of(string name, IReadOnlyCollection<uint> ignored)
    {
        using var desktop = User32.OpenDesktop(name, 0, inherit: false, DesktopRights.Enumerate | DesktopRights.ReadObjects);
        if (desktop.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == ErrorText.FileNotFound ? new([], []) : throw new DesktopException($"{name} cannot be looked into: {ErrorText.Of(error)}");
        }

        var windows = (WindowReader.OfDesktop(desktop).Value ?? []).Where(window => window.Pid is { } pid && !ignored.Contains(pid)).ToList();
        var processes = new ProcessTable();
        return new(windows, [.. windows.Select(static window => window.Pid!.Value).Distinct().Select(processes.Read)]);
    }

    /// <summary>Whether a shell shows a task bar on a desktop.</summary>
    public static bool HasShell(string name)
    {
        using var desktop = User32.OpenDesktop(name, 0, inherit: false, DesktopRights.Enumerate | DesktopRights.ReadObjects);
        return !desktop.IsInvalid && (WindowReader.OfDesktop(desktop).Value ?? [])
            .Any(static window => window.Visible == true && string.Equals(window.Class, "Shell_TrayWnd", StringComparison.Ordinal));
    }
}
