using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>A bitmap in memory that GDI draws on and that can be read: 32 bits a pixel, the topmost row first.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class Canvas : IDisposable
{
    private const uint CopySource = 0x00cc0020;
    private readonly nint _bitmap;
    private readonly nint _previous;
    private readonly uint* _bits;

    public Canvas(int width, int height)
    {
        Width = width;
        Height = height;
        Context = Gdi32.CreateCompatibleDC(0);
        _bitmap = Gdi32.CreateDIBSection(Context, Header(width, height), 0, out _bits, 0, 0);
        _previous = Gdi32.SelectObject(Context, _bitmap);
    }

    public int Width { get; }

    public int Height { get; }

    public nint Context { get; }

    /// <summary>Whether GDI had memory for it.</summary>
    public bool IsUsable => _bits is not null;

    /// <summary>The pixels after all drawing is done; the fourth byte is undefined.</summary>
    public Span<uint> Pixels
    {
        get
        {
            _ = Gdi32.GdiFlush();
            return new Span<uint>(_bits, Width * Height);
        }
    }

    /// <summary>Whether every pixel is black.</summary>
    public bool IsBlack
    {
        get
        {
            foreach (var pixel in Pixels)
            {
                if ((pixel & 0xffffff) != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The header of a bitmap of this size, the topmost row first.</summary>
    public static BitmapHeader Header(int width, int height) =>
        new() { Size = (uint)sizeof(BitmapHeader), Width = width, Height = -height, Planes = 1, BitCount = 32 };

    /// <summary>Copies from another device context.</summary>
    public bool CopyFrom(nint source, int x = 0, int y = 0) => Gdi32.BitBlt(Context, x, y, Width, Height, source, 0, 0, CopySource);

    /// <summary>Draws another canvas on this one.</summary>
    public void Draw(Canvas other, int x, int y) => _ = Gdi32.BitBlt(Context, x, y, other.Width, other.Height, other.Context, 0, 0, CopySource);

    /// <summary>Fills a rectangle with a colour (0x00BBGGRR).</summary>
    public void Fill(Rectangle area, uint color)
    {
        var brush = Gdi32.CreateSolidBrush(color);
        _ = User32.FillRect(Context, area, brush);
        _ = Gdi32.DeleteObject(brush);
    }

    public void Dispose()
    {
        _ = Gdi32.SelectObject(Context, _previous);
        _ = Gdi32.DeleteObject(_bitmap);
        _ = Gdi32.DeleteDC(Context);
    }
}
