namespace NtScope.Windows.Agent;

/// <summary>A picture of a desktop.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows, the topmost first.</param>
/// <param name="Pixels">The pixels, 0x00RRGGBB.</param>
/// <param name="BlackWindows">How many windows could not be drawn: they came out all black by every means.</param>
internal sealed record DesktopSnapshot(int Width, int Height, uint[] Pixels, int BlackWindows)
{
    /// <summary>The picture at another size, each pixel the mean of those it covers.</summary>
    public DesktopSnapshot ScaledTo(int width, int height)
    {
        var scaled = new uint[width * height];
        for (var y = 0; y < height; y++)
        {
            var (top, bottom) = Covered(y, height, Height);
            for (var x = 0; x < width; x++)
            {
                var (left, right) = Covered(x, width, Width);
                scaled[(y * width) + x] = Mean(left, top, right, bottom);
            }
        }

        return new DesktopSnapshot(width, height, scaled, BlackWindows);
    }

    private static (int Start, int End) Covered(int index, int count, int source)
    {
        var start = (int)((long)index * source / count);
        return (start, Math.Max(start + 1, (int)((long)(index + 1) * source / count)));
    }

    private uint Mean(int left, int top, int right, int bottom)
    {
        uint red = 0, green = 0, blue = 0;
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                var pixel = Pixels[(y * Width) + x];
                red += (pixel >> 16) & 0xff;
                green += (pixel >> 8) & 0xff;
                blue += pixel & 0xff;
            }
        }

        var count = (uint)((bottom - top) * (right - left));
        return (red / count << 16) | (green / count << 8) | (blue / count);
    }
}
