namespace NtScope.Windows.Agent;

/// <summary>Messages of the agent's windows: winuser.h's that it reads, and its own from WM_APP on.</summary>
internal static class WindowMessages
{
    public const uint Destroy = 0x0002;
    public const uint Paint = 0x000f;
    public const uint EraseBackground = 0x0014;
    public const uint ContextMenu = 0x007b;
    public const uint KeyDown = 0x0100;
    public const uint SystemKeyDown = 0x0104;
    public const uint Timer = 0x0113;
    public const uint LeftButtonUp = 0x0202;
    public const uint RightButtonUp = 0x0205;
    public const uint HotKey = 0x0312;
    public const uint IconSelected = 0x0400;

    /// <summary>From the tray icon.</summary>
    public const uint Icon = 0x8001;

    /// <summary>The presence ends.</summary>
    public const uint Leave = 0x8002;

    /// <summary>A new picture is there.</summary>
    public const uint PictureTaken = 0x8003;
}
