using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>WNDCLASSEXW (winuser.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct WindowClass
{
    public uint Size;
    public uint Style;
    public delegate* unmanaged<nint, uint, nint, nint, nint> Procedure;
    public int ClassExtra;
    public int WindowExtra;
    public nint Module;
    public nint Icon;
    public nint Cursor;
    public nint Background;
    public char* MenuName;
    public char* ClassName;
    public nint SmallIcon;
}
