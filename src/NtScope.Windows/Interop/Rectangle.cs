using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>RECT (windef.h): the right and bottom edges lie outside.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Rectangle(int left, int top, int right, int bottom)
{
    public int Left = left;
    public int Top = top;
    public int Right = right;
    public int Bottom = bottom;

    public readonly int Width => Right - Left;

    public readonly int Height => Bottom - Top;

    public readonly bool Contains(int x, int y) => x >= Left && x < Right && y >= Top && y < Bottom;
}
