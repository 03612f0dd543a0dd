using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>NOTIFYICONDATAW (shellapi.h), the size of Windows Vista and later.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NotifyIcon
{
    public const int TipLength = 128;

    public uint Size;
    public nint Window;
    public uint Id;
    public uint Flags;
    public uint CallbackMessage;
    public nint Icon;
    public fixed char Tip[TipLength];
    public uint State;
    public uint StateMask;
    public fixed char Info[256];
    public uint Version;
    public fixed char InfoTitle[64];
    public uint InfoFlags;
    public Guid Item;
    public nint BalloonIcon;
}
