using System.Buffers.Binary;

namespace NtScope.Windows.Tests.Wine;

/// <summary>A picture as xwd saves it (XWDFile.h, version 7: big-endian header, then rows of pixels).</summary>
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

    /// <summary>A picture that xwd took.</summary>
    /// <exception cref="FormatException">It is no picture of 24 or 32 bits a pixel, blue first.</exception>
    public static Screenshot FromXwd(string path)
    {
        const int LittleEndian = 0;
        var bytes = File.ReadAllBytes(path);
        int Field(int index) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(index * 4));
        var (header, width, height, order, bits, bytesPerLine, colors) = (Field(0), Field(4), Field(5), Field(7), Field(11), Field(12), Field(19));
        if (order != LittleEndian || bits is not (24 or 32))
        {
            throw new FormatException($"{path}: {bits} bits a pixel, byte order {order}");
        }

        var pixels = new uint[width * height];
        var start = header + (colors * 12);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var pixel = bytes.AsSpan(start + (y * bytesPerLine) + (x * bits / 8));
                pixels[(y * width) + x] = pixel[0] | ((uint)pixel[1] << 8) | ((uint)pixel[2] << 16);
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

    /// <summary>Which part of it has this colour, from 0 to 1.</summary>
    public double Share(uint color) => _pixels.Count(pixel => pixel == color) / (double)_pixels.Length;

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
