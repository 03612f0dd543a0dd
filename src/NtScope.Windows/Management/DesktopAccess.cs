using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>Opens and makes desktops of this process's window station; handles are never inherited.</summary>
[SupportedOSPlatform("windows")]
internal static class DesktopAccess
{
    /// <summary>What a thread needs that puts windows on a desktop, takes hotkeys there and switches to it.</summary>
    public const uint Work = DesktopRights.ReadObjects | DesktopRights.CreateWindow | DesktopRights.CreateMenu | DesktopRights.HookControl
        | DesktopRights.Enumerate | DesktopRights.WriteObjects | DesktopRights.SwitchDesktop;

    /// <summary>The names of all desktops of the station.</summary>
    public static IReadOnlyList<string> Names()
    {
        var names = StationReader.Desktops(User32.GetProcessWindowStation());
        return names.IsKnown ? names.Value! : throw new DesktopException($"the desktops of this window station cannot be listed: {ErrorText.Of(names.Error)}");
    }

    /// <summary>Whether the station holds a desktop of this name.</summary>
    public static bool Exists(string name) => Names().Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Opens a desktop that exists.</summary>
    /// <exception cref="DesktopException">There is none, or rights are missing.</exception>
    public static DesktopHandle Open(string name, uint access)
    {
        var desktop = User32.OpenDesktop(name, 0, inherit: false, access);
        if (!desktop.IsInvalid)
        {
            return desktop;
        }

        var error = Marshal.GetLastPInvokeError();
        desktop.Dispose();
        throw error == ErrorText.FileNotFound || !Exists(name)
            ? new DesktopException($"there is no desktop {name}: make it with \"ntscope desktop new {name} --shell\", list all with \"ntscope desktops\"")
            : new DesktopException($"{name} cannot be opened: {ErrorText.Of(error)}");
    }

    /// <summary>Makes a desktop, or opens the one of that name.</summary>
    /// <exception cref="DesktopException">The session's desktop heap is exhausted, or the station refuses.</exception>
    public static DesktopHandle Create(string name) =>
        Create(name, static wanted => User32.CreateDesktop(wanted, 0, 0, 0, Work | DesktopRights.ReadControl, 0));

    /// <summary>Makes a desktop by a call that can be stood in for: no system but Windows has a desktop heap to exhaust.</summary>
    internal static DesktopHandle Create(string name, Func<string, DesktopHandle> create)
    {
        var desktop = create(name);
        if (!desktop.IsInvalid)
        {
            return desktop;
        }

        var error = Marshal.GetLastPInvokeError();
        desktop.Dispose();
        throw new DesktopException(error switch
        {
            ErrorText.NotEnoughMemory or ErrorText.NoSystemResources =>
                $"{name} cannot be made: {ErrorText.Of(error)}; close a desktop, or raise SharedSection in HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\SubSystems",
            _ => $"{name} cannot be made: {ErrorText.Of(error)}",
        });
    }

    /// <summary>The name of the desktop that receives input; null if rights hide it (the Winlogon desktop).</summary>
    public static string? InputName() => DesktopReader.ReadInputName().Value;
}
