using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>PAINTSTRUCT (winuser.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PaintInformation
{
    public nint Context;
    public int Erase;
    public Rectangle Area;
    public int Restore;
    public int IncludeUpdate;
    public fixed byte Reserved[32];
}
