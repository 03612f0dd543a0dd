using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Reports;
using NtScope.Windows.Desktops;
using NtScope.Windows.Management;

namespace NtScope.Windows.VirtualDesktops;

/// <summary>The virtual desktops of the shell, Windows 10 and later.</summary>
[SupportedOSPlatform("windows")]
public static class VirtualDesktopManager
{
    /// <summary>The virtual desktops with the windows on each.</summary>
    /// <exception cref="DesktopException">The shell here has none.</exception>
    public static Report<VirtualDesktopRow> Read()
    {
        using var shell = VirtualDesktopShell.Connect();
        var rows = Rows(shell);
        return new Report<VirtualDesktopRow>(
            VirtualDesktopRow.Schema,
            new Win32WindowSystem().Summary,
            rows,
            [
                rows.Count == 0
                    ? "The shell has written no virtual desktops: there is one, which has no identifier yet."
                    : "These are no desktop objects: all their windows stand on Default, and the shell cloaks those that are not shown.",
            ]);
    }

    /// <summary>Shows a virtual desktop.</summary>
    /// <param name="desktop">Its number, name or GUID.</param>
    /// <returns>The desktop.</returns>
    /// <exception cref="DesktopException">There is none such, or this build's shell cannot be asked.</exception>
    public static VirtualDesktopRow Switch(string desktop)
    {
        using var shell = VirtualDesktopShell.Connect();
        var target = Find(shell, desktop);
        shell.Switch(target.Id);
        return target;
    }

    /// <summary>Puts a window on a virtual desktop.</summary>
    /// <param name="window">The window's handle.</param>
    /// <param name="desktop">The desktop's number, name or GUID.</param>
    /// <returns>The desktop.</returns>
    /// <exception cref="DesktopException">There is none such, or this build's shell cannot be asked.</exception>
    public static VirtualDesktopRow Move(ulong window, string desktop)
    {
        using var shell = VirtualDesktopShell.Connect();
        var target = Find(shell, desktop);
        shell.Move((nint)window, target.Id);
        return target;
    }

    private static VirtualDesktopRow Find(VirtualDesktopShell shell, string desktop)
    {
        var rows = Rows(shell);
        return VirtualDesktopList.Find(rows, desktop)
            ?? throw new DesktopException($"there is no virtual desktop {desktop}: {(rows.Count == 0 ? "the shell has written none" : $"there are {rows.Count}")}, see \"ntscope virtual list\"");
    }

    private static IReadOnlyList<VirtualDesktopRow> Rows(VirtualDesktopShell shell)
    {
        using var desktop = DesktopAccess.Open(DesktopName.Default, DesktopRights.Enumerate | DesktopRights.ReadObjects);
        var windows = (WindowReader.OfDesktop(desktop).Value ?? [])
            .Where(static window => window.Visible == true)
            .Select(window => (Desktop: shell.DesktopOf((nint)window.Handle), Text: $"0x{window.Handle:x8} {window.Title}"))
            .Where(static window => window.Desktop is not null)
            .Select(static window => (window.Desktop!.Value, window.Text))
            .ToList();
        return VirtualDesktopList.Read(new VirtualDesktopRegistry(), windows);
    }
}
