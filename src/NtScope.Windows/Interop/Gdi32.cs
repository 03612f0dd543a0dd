using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>gdi32.dll: bitmaps and drawing (wingdi.h).</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Gdi32
{
    private const string Library = "gdi32.dll";

    [LibraryImport(Library)]
    public static partial nint CreateCompatibleDC(nint context);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DeleteDC(nint context);

    [LibraryImport(Library)]
    public static partial nint CreateDIBSection(nint context, in BitmapHeader header, uint usage, out uint* bits, nint section, uint offset);

    [LibraryImport(Library)]
    public static partial nint SelectObject(nint context, nint handle);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DeleteObject(nint handle);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool BitBlt(nint target, int x, int y, int width, int height, nint source, int sourceX, int sourceY, uint operation);

    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GdiFlush();

    [LibraryImport(Library)]
    public static partial int SetDIBitsToDevice(
        nint context, int x, int y, uint width, uint height, int sourceX, int sourceY, uint firstLine, uint lines, uint* bits, in BitmapHeader header, uint usage);

    [LibraryImport(Library)]
    public static partial nint CreateSolidBrush(uint color);

    [LibraryImport(Library)]
    public static partial int SetBkMode(nint context, int mode);

    [LibraryImport(Library)]
    public static partial uint SetTextColor(nint context, uint color);

    [LibraryImport(Library, EntryPoint = "CreateFontW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial nint CreateFont(
        int height, int width, int escapement, int orientation, int weight, uint italic, uint underline, uint strikeOut, uint charSet,
        uint outputPrecision, uint clipPrecision, uint quality, uint pitchAndFamily, string face);
}
