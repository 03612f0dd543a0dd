using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>MSG (winuser.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowMessage
{
    public nint Window;
    public uint Message;
    public nint WordParameter;
    public nint LongParameter;
    public uint Time;
    public Point Point;
}
