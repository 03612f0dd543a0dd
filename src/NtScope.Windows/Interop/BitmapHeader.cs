using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>BITMAPINFOHEADER (wingdi.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BitmapHeader
{
    public uint Size;
    public int Width;
    public int Height;
    public ushort Planes;
    public ushort BitCount;
    public uint Compression;
    public uint ImageSize;
    public int HorizontalResolution;
    public int VerticalResolution;
    public uint ColorsUsed;
    public uint ColorsImportant;
}
