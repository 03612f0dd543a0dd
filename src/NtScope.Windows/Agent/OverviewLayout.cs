using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>Where the cells of the overview lie: a grid as square as the number of desktops allows.</summary>
/// <param name="Count">How many desktops there are.</param>
/// <param name="Width">The window's width in pixels.</param>
/// <param name="Height">The window's height in pixels.</param>
internal readonly record struct OverviewLayout(int Count, int Width, int Height)
{
    private const int Gap = 24;
    private const int CaptionHeight = 28;

    /// <summary>The number of columns.</summary>
    public int Columns => (int)Math.Ceiling(Math.Sqrt(Count));

    /// <summary>The number of rows.</summary>
    public int Rows => (Count + Columns - 1) / Columns;

    /// <summary>The width of a picture.</summary>
    public int PictureWidth => Math.Max(16, Math.Min((Width - (Gap * (Columns + 1))) / Columns, ((Height - ((Gap + CaptionHeight) * (Rows + 1))) / Rows) * Width / Math.Max(1, Height)));

    /// <summary>The height of a picture.</summary>
    public int PictureHeight => Math.Max(16, PictureWidth * Height / Math.Max(1, Width));

    /// <summary>The place of a picture.</summary>
    public Rectangle Picture(int index)
    {
        var left = ((Width - (Columns * (PictureWidth + Gap)) + Gap) / 2) + (index % Columns * (PictureWidth + Gap));
        var top = ((Height - (Rows * (PictureHeight + CaptionHeight + Gap)) + Gap) / 2) + (index / Columns * (PictureHeight + CaptionHeight + Gap));
        return new Rectangle(left, top, left + PictureWidth, top + PictureHeight);
    }

    /// <summary>The place of the name below a picture.</summary>
    public Rectangle Caption(int index)
    {
        var picture = Picture(index);
        return new Rectangle(picture.Left, picture.Bottom, picture.Right, picture.Bottom + CaptionHeight);
    }

    /// <summary>The cell at a point, or -1.</summary>
    public int At(int x, int y)
    {
        for (var i = 0; i < Count; i++)
        {
            if (Picture(i).Contains(x, y) || Caption(i).Contains(x, y))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The cell beside another, going on at the other end.</summary>
    /// <param name="index">Where to start.</param>
    /// <param name="direction"><c>left</c>, <c>right</c>, <c>up</c>, <c>down</c>; anything else stays.</param>
    public int Beside(int index, string direction)
    {
        var next = direction switch
        {
            "left" => index - 1,
            "right" => index + 1,
            "up" => index - Columns,
            "down" => index + Columns,
            _ => index,
        };
        return Count == 0 ? 0 : ((next % Count) + Count) % Count;
    }
}
