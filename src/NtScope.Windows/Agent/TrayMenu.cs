using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>The menu of the tray icon: the desktops, the overview, a new desktop, the end.</summary>
[SupportedOSPlatform("windows")]
internal static class TrayMenu
{
    private const uint Separator = 0x800;
    private const uint Checked = 8;
    private const uint ReturnCommandRightButton = 0x100 | 2;
    private const int OverviewCommand = 1;
    private const int NewCommand = 2;
    private const int EndCommand = 3;
    private const int FirstDesktop = 100;

    /// <summary>Shows the menu at the pointer and does what is chosen.</summary>
    /// <param name="agent">Who does it.</param>
    /// <param name="here">The desktop that the menu is on.</param>
    /// <param name="window">The window that owns the menu.</param>
    public static void Show(DesktopAgent agent, DesktopPresence here, nint window)
    {
        var names = agent.SwitchOrder();
        var menu = User32.CreatePopupMenu();
        for (var i = 0; i < names.Count; i++)
        {
            var present = string.Equals(names[i], here.Name, StringComparison.OrdinalIgnoreCase);
            _ = User32.AppendMenu(menu, present ? Checked : 0, FirstDesktop + i, names[i].Replace("&", "&&", StringComparison.Ordinal));
        }

        _ = User32.AppendMenu(menu, Separator, 0, null);
        _ = User32.AppendMenu(menu, 0, OverviewCommand, "&Overview");
        _ = User32.AppendMenu(menu, 0, NewCommand, "&New desktop");
        _ = User32.AppendMenu(menu, Separator, 0, null);
        _ = User32.AppendMenu(menu, 0, EndCommand, "&End the agent");
        _ = User32.GetCursorPos(out var pointer);

        // Without the foreground the menu would not close when the user clicks elsewhere.
        _ = User32.SetForegroundWindow(window);
        var command = User32.TrackPopupMenuEx(menu, ReturnCommandRightButton, pointer.X, pointer.Y, window, 0);
        _ = User32.DestroyMenu(menu);
        switch (command)
        {
            case OverviewCommand:
                here.ShowOverview("");
                break;
            case NewCommand:
                agent.NewNumberedDesktop();
                break;
            case EndCommand:
                agent.Stop();
                break;
            case >= FirstDesktop when command - FirstDesktop < names.Count:
                agent.SwitchTo(names[command - FirstDesktop]);
                break;
        }
    }
}
