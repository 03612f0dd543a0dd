using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>
/// Draws a desktop from its windows, the lowest first; the desktop need not be the one that is shown. A window that comes out black by every
/// means keeps its last good picture.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class SnapshotTaker : IDisposable
{
    private const int ScreenWidth = 0;
    private const int ScreenHeight = 1;
    private const int StyleIndex = -16;
    private const int VisibleStyle = 0x10000000;
    private const int MinimizedStyle = 0x20000000;
    private const uint RenderFullContent = 2;
    private const int MostPixels = 8192;
    private const uint Backdrop = 0x00503020;
    private const uint Undrawable = 0x00a0a0a0;

    private readonly Dictionary<nint, Canvas> _pictures = [];

    /// <summary>Takes a picture of the given width, its height as the screen's shape demands.</summary>
    /// <param name="desktop">The desktop, open to enumerate and read; best the calling thread's own.</param>
    /// <param name="width">The width in pixels.</param>
    public DesktopSnapshot? Take(DesktopHandle desktop, int width)
    {
        var screenWidth = Math.Clamp(User32.GetSystemMetrics(ScreenWidth), 1, MostPixels);
        var screenHeight = Math.Clamp(User32.GetSystemMetrics(ScreenHeight), 1, MostPixels);
        using var screen = new Canvas(screenWidth, screenHeight);
        if (!screen.IsUsable || !WindowReader.Handles(desktop).IsKnown)
        {
            return null;
        }

        screen.Fill(new Rectangle(0, 0, screenWidth, screenHeight), Backdrop);
        var black = 0;
        foreach (var window in WindowReader.Handles(desktop).Value!.Reverse())
        {
            // The overview itself is left out: it would show itself in itself.
            _ = User32.GetWindowThreadProcessId(window, out var process);
            black += process == Environment.ProcessId || Draw(window, screen) ? 0 : 1;
        }

        var whole = new DesktopSnapshot(screenWidth, screenHeight, screen.Pixels.ToArray(), black);
        return whole.ScaledTo(width, Math.Max(1, (int)((long)width * screenHeight / screenWidth)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var picture in _pictures.Values)
        {
            picture.Dispose();
        }

        _pictures.Clear();
    }

    private bool Draw(nint window, Canvas screen)
    {
        var style = User32.GetWindowLong(window, StyleIndex);
        if ((style & VisibleStyle) == 0 || (style & MinimizedStyle) != 0 || !User32.GetWindowRect(window, out var area)
            || area.Width is <= 0 or > MostPixels || area.Height is <= 0 or > MostPixels)
        {
            return true;
        }

        var picture = new Canvas(area.Width, area.Height);
        if (picture.IsUsable && (CopyWindow(window, picture) || PrintWindow(window, picture)))
        {
            Keep(window, picture);
        }
        else
        {
            picture.Dispose();
        }

        if (_pictures.TryGetValue(window, out var latest))
        {
            screen.Draw(latest, area.Left, area.Top);
            return true;
        }

        screen.Fill(area, Undrawable);
        return false;
    }

    private void Keep(nint window, Canvas picture)
    {
        if (_pictures.Remove(window, out var earlier))
        {
            earlier.Dispose();
        }

        _pictures.Add(window, picture);
    }

    private static bool CopyWindow(nint window, Canvas picture)
    {
        var source = User32.GetWindowDC(window);
        var copied = source != 0 && picture.CopyFrom(source);
        _ = User32.ReleaseDC(window, source);
        return copied && !picture.IsBlack;
    }

    private static bool PrintWindow(nint window, Canvas picture) => User32.PrintWindow(window, picture.Context, RenderFullContent) && !picture.IsBlack;
}
