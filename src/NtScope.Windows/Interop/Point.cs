using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>POINT (windef.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Point
{
    public int X;
    public int Y;
}
