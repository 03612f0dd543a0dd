namespace NtScope.Desktops.Security;

/// <summary>The rights of desktop and window station objects (winuser.h) and how generic rights map onto them.</summary>
public static class DesktopRights
{
    /// <summary>DESKTOP_READOBJECTS.</summary>
    public const uint ReadObjects = 0x1;

    /// <summary>DESKTOP_CREATEWINDOW.</summary>
    public const uint CreateWindow = 0x2;

    /// <summary>DESKTOP_CREATEMENU.</summary>
    public const uint CreateMenu = 0x4;

    /// <summary>DESKTOP_HOOKCONTROL.</summary>
    public const uint HookControl = 0x8;

    /// <summary>DESKTOP_ENUMERATE.</summary>
    public const uint Enumerate = 0x40;

    /// <summary>DESKTOP_WRITEOBJECTS.</summary>
    public const uint WriteObjects = 0x80;

    /// <summary>DESKTOP_SWITCHDESKTOP.</summary>
    public const uint SwitchDesktop = 0x100;

    /// <summary>READ_CONTROL.</summary>
    public const uint ReadControl = 0x20000;

    /// <summary>WINSTA_ENUMDESKTOPS.</summary>
    public const uint StationEnumerateDesktops = 0x1;

    /// <summary>WINSTA_READATTRIBUTES.</summary>
    public const uint StationReadAttributes = 0x2;

    /// <summary>WINSTA_CREATEDESKTOP.</summary>
    public const uint StationCreateDesktop = 0x8;

    /// <summary>WINSTA_ENUMERATE.</summary>
    public const uint StationEnumerate = 0x100;

    private const uint AllSpecific = 0x1ff;
    private const uint StandardRequired = 0xf0000;
    private const uint ReadGeneric = 0x80000000;
    private const uint WriteGeneric = 0x40000000;
    private const uint ExecuteGeneric = 0x20000000;
    private const uint AllGeneric = 0x10000000;

    /// <summary>What may be done to a desktop, one right each, as the words of a descriptor list them.</summary>
    public static IReadOnlyList<AccessRight> OfDesktop { get; } =
    [
        new(SwitchDesktop, "DESKTOP_SWITCHDESKTOP", "switch to it"),
        new(Enumerate, "DESKTOP_ENUMERATE", "enumerate it"),
        new(HookControl, "DESKTOP_HOOKCONTROL", "hook its windows"),
        new(ReadObjects, "DESKTOP_READOBJECTS", "read its objects"),
        new(CreateWindow, "DESKTOP_CREATEWINDOW", "put windows on it"),
        new(0x10, "DESKTOP_JOURNALRECORD", "record its input"),
        new(0x20, "DESKTOP_JOURNALPLAYBACK", "play input back on it"),
        new(ReadControl, "READ_CONTROL", "read its security"),
        new(0x40000, "WRITE_DAC", "change its security"),
    ];

    /// <summary>The rights of a window station that a reader of desktops needs.</summary>
    public static IReadOnlyList<AccessRight> OfStation { get; } =
    [
        new(StationEnumerateDesktops, "WINSTA_ENUMDESKTOPS", "list its desktops"),
        new(StationReadAttributes, "WINSTA_READATTRIBUTES", "read its attributes"),
        new(StationEnumerate, "WINSTA_ENUMERATE", "see it listed"),
        new(ReadControl, "READ_CONTROL", "read its security"),
    ];

    /// <summary>A desktop's mask with its generic rights replaced by what they stand for.</summary>
    public static uint MapGeneric(uint mask)
    {
        mask |= (mask & ReadGeneric) != 0 ? ReadControl | ReadObjects | Enumerate : 0;
        mask |= (mask & WriteGeneric) != 0 ? ReadControl | CreateWindow | CreateMenu | HookControl | 0x30 | WriteObjects : 0;
        mask |= (mask & ExecuteGeneric) != 0 ? ReadControl | SwitchDesktop : 0;
        mask |= (mask & AllGeneric) != 0 ? StandardRequired | AllSpecific : 0;
        return mask & ~(ReadGeneric | WriteGeneric | ExecuteGeneric | AllGeneric);
    }
}
