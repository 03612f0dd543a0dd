using System.Buffers.Binary;

namespace NtScope.Windows.Tests.Wine;

/// <summary>A picture as xwd saves it (XWDFile.h, version 7: big-endian header, then 32-bit pixels).</summary>
public sealed class Screenshot
{
    private readonly uint[] _pixels;

    private Screenshot(int width, int height, uint[] pixels)
    {
        Width = width;
        Height = height;
        _pixels = pixels;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>The pixel's colour, 0x00RRGGBB.</summary>
    public uint this[int x, int y] => _pixels[(y * Width) + x];

    public static Screenshot FromXwd(string path)
    {
        var bytes = File.ReadAllBytes(path);
        int Field(int index) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(index * 4));
        var (header, width, height, bytesPerLine, colors) = (Field(0), Field(4), Field(5), Field(12), Field(19));
        bytesPerLine.ShouldBe(width * 4);
        var pixels = new uint[width * height];
        var start = header + (colors * 12);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                pixels[(y * width) + x] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(start + (y * bytesPerLine) + (x * 4))) & 0xffffff;
            }
        }

        return new Screenshot(width, height, pixels);
    }

    /// <summary>A picture that the probe drew: width, height, pixels.</summary>
    public static Screenshot FromRaw(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var (width, height) = (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)));
        var pixels = new uint[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8 + (i * 4))) & 0xffffff;
        }

        return new Screenshot(width, height, pixels);
    }

    /// <summary>The smallest part that holds everything that is not <paramref name="background"/>.</summary>
    public Screenshot Trimmed(uint background)
    {
        var places = (from y in Enumerable.Range(0, Height) from x in Enumerable.Range(0, Width) where this[x, y] != background select (x, y)).ToList();
        places.ShouldNotBeEmpty();
        var (left, top) = (places.Min(static place => place.x), places.Min(static place => place.y));
        return Part(left, top, places.Max(static place => place.x) - left + 1, places.Max(static place => place.y) - top + 1);
    }

    /// <summary>A part.</summary>
    public Screenshot Part(int left, int top, int width, int height) =>
        new(width, height, [.. from y in Enumerable.Range(top, height) from x in Enumerable.Range(left, width) select this[x, y]]);

    /// <summary>How many different colours there are.</summary>
    public int Colors => _pixels.Distinct().Count();

    /// <summary>Where another picture stands in this one, pixel for pixel; null if nowhere.</summary>
    public (int X, int Y)? Find(Screenshot other)
    {
        for (var y = 0; y <= Height - other.Height; y++)
        {
            for (var x = 0; x <= Width - other.Width; x++)
            {
                if (Matches(other, x, y))
                {
                    return (x, y);
                }
            }
        }

        return null;
    }

    private bool Matches(Screenshot other, int left, int top)
    {
        for (var y = 0; y < other.Height; y++)
        {
            for (var x = 0; x < other.Width; x++)
            {
                if (this[left + x, top + y] != other[x, y])
                {
                    return false;
                }
            }
        }

        return true;
    }
}
