using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>
/// All desktops with live pictures, in one borderless window over the present desktop. Arrow keys and Enter, a digit or a click switch; Esc
/// leaves.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class OverviewWindow
{
    private const string ClassName = "NtScope.DesktopOverview";
    private const uint PopupVisible = 0x90000000;
    private const uint TopmostToolWindow = 0x88;
    private const uint CenteredSingleLine = 0x1 | 0x4 | 0x20 | 0x8000;
    private const uint Background = 0x00201810;
    private const uint ChosenFrame = 0x00d08030;
    private const uint PictureGround = 0x00404040;
    private const uint TextColor = 0x00ffffff;
    private const int FrameWidth = 5;
    private const int TextHeight = 20;
    private const int Transparent = 1;
    private const int ScreenWidth = 0;
    private const int ScreenHeight = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    [ThreadStatic]
    private static OverviewWindow? s_open;

    private readonly DesktopAgent _agent;
    private readonly IReadOnlyList<string> _names;
    private readonly OverviewLayout _layout;
    private readonly List<SnapshotWorker> _workers = [];
    private int _chosen;
    private nint _window;

    private OverviewWindow(DesktopAgent agent, string here, string direction)
    {
        _agent = agent;
        _names = agent.SwitchOrder();
        _layout = new OverviewLayout(_names.Count, Math.Max(1, User32.GetSystemMetrics(ScreenWidth)), Math.Max(1, User32.GetSystemMetrics(ScreenHeight)));
        var present = _names.ToList().FindIndex(name => string.Equals(name, here, StringComparison.OrdinalIgnoreCase));
        _chosen = _layout.Beside(Math.Max(0, present), direction);
    }

    /// <summary>Opens the overview on the calling thread's desktop; if it is open, moves the choice.</summary>
    public static void Show(DesktopAgent agent, string here, string direction)
    {
        if (s_open is { } open)
        {
            open.Choose(direction);
            return;
        }

        var overview = new OverviewWindow(agent, here, direction);
        WindowClasses.Register(ClassName, &Procedure);
        overview.StartPictures();
        s_open = overview;
        overview._window = User32.CreateWindow(
            TopmostToolWindow, ClassName, "Desktops", PopupVisible, 0, 0, overview._layout.Width, overview._layout.Height, 0, 0, Kernel32.GetModuleHandle(null), 0);
        if (overview._window == 0)
        {
            overview.Close();
            throw new DesktopException($"the overview cannot be shown: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
        }

        _ = User32.SetForegroundWindow(overview._window);
        _ = User32.SetFocus(overview._window);
        agent.Say($"overview on {here}, {overview._names[overview._chosen]} is chosen");
    }

    /// <summary>Closes the overview of the calling thread, if one is open.</summary>
    public static void CloseHere() => s_open?.Close();

    // The first pictures are taken before the overview covers what they show.
    private void StartPictures()
    {
        _workers.AddRange(_names.Select(name => new SnapshotWorker(
            name, _layout.PictureWidth, () => _ = _window != 0 && User32.PostMessage(_window, WindowMessages.PictureTaken, 0, 0))));
        var clock = Stopwatch.StartNew();
        foreach (var worker in _workers)
        {
            worker.WaitForFirst(clock.Elapsed < Patience ? Patience - clock.Elapsed : TimeSpan.Zero);
        }
    }

    private void Close()
    {
        s_open = null;
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _ = User32.DestroyWindow(_window);
    }

    private void Choose(string direction)
    {
        _chosen = _layout.Beside(_chosen, direction);
        _ = User32.InvalidateRect(_window, 0, erase: false);
        _agent.Say($"{_names[_chosen]} is chosen");
    }

    private void SwitchTo(int index)
    {
        if (index < 0 || index >= _names.Count)
        {
            return;
        }

        Close();
        _agent.SwitchTo(_names[index]);
    }

    private void Press(nint key)
    {
        const nint Escape = 0x1b, Enter = 0x0d, Left = 0x25, Up = 0x26, Right = 0x27, Down = 0x28, One = '1', Nine = '9';
        switch (key)
        {
            case Escape:
                Close();
                _agent.Say("overview closed");
                break;
            case Enter:
                SwitchTo(_chosen);
                break;
            case Left:
                Choose("left");
                break;
            case Right:
                Choose("right");
                break;
            case Up:
                Choose("up");
                break;
            case Down:
                Choose("down");
                break;
            case >= One and <= Nine:
                SwitchTo((int)(key - One));
                break;
        }
    }

    private void Paint()
    {
        var target = User32.BeginPaint(_window, out var paint);
        using (var canvas = new Canvas(_layout.Width, _layout.Height))
        {
            if (canvas.IsUsable)
            {
                Draw(canvas);
                _ = Gdi32.BitBlt(target, 0, 0, canvas.Width, canvas.Height, canvas.Context, 0, 0, 0x00cc0020);
            }
        }

        _ = User32.EndPaint(_window, paint);
    }

    private void Draw(Canvas canvas)
    {
        canvas.Fill(new Rectangle(0, 0, canvas.Width, canvas.Height), Background);
        var font = Gdi32.CreateFont(-TextHeight, 0, 0, 0, 400, 0, 0, 0, 1, 0, 0, 0, 0, "Segoe UI");
        var previous = Gdi32.SelectObject(canvas.Context, font);
        _ = Gdi32.SetBkMode(canvas.Context, Transparent);
        _ = Gdi32.SetTextColor(canvas.Context, TextColor);
        for (var i = 0; i < _names.Count; i++)
        {
            var place = _layout.Picture(i);
            if (i == _chosen)
            {
                canvas.Fill(new Rectangle(place.Left - FrameWidth, place.Top - FrameWidth, place.Right + FrameWidth, place.Bottom + FrameWidth), ChosenFrame);
            }

            canvas.Fill(place, PictureGround);
            if (i < _workers.Count && _workers[i].Latest is { } picture)
            {
                fixed (uint* pixels = picture.Pixels)
                {
                    _ = Gdi32.SetDIBitsToDevice(
                        canvas.Context, place.Left, place.Top, (uint)picture.Width, (uint)picture.Height, 0, 0, 0, (uint)picture.Height, pixels, Canvas.Header(picture.Width, picture.Height), 0);
                }
            }

            var caption = _layout.Caption(i);
            _ = User32.DrawText(canvas.Context, $"{i + 1}  {_names[i]}", -1, ref caption, CenteredSingleLine);
        }

        _ = Gdi32.SelectObject(canvas.Context, previous);
        _ = Gdi32.DeleteObject(font);
    }

    private bool Handle(uint message, nint wordParameter, nint longParameter)
    {
        switch (message)
        {
            case WindowMessages.Paint:
                Paint();
                return true;
            case WindowMessages.EraseBackground:
                return true;
            case WindowMessages.PictureTaken:
                _ = User32.InvalidateRect(_window, 0, erase: false);
                return true;
            case WindowMessages.KeyDown or WindowMessages.SystemKeyDown:
                Press(wordParameter);
                return true;
            case WindowMessages.LeftButtonUp:
                SwitchTo(_layout.At((short)(longParameter & 0xffff), (short)((longParameter >> 16) & 0xffff)));
                return true;
            default:
                return false;
        }
    }

    [UnmanagedCallersOnly]
    private static nint Procedure(nint window, uint message, nint wordParameter, nint longParameter)
    {
        var handled = false;
        if (s_open is { } open && window == open._window)
        {
            open._agent.Guard(() => handled = open.Handle(message, wordParameter, longParameter));
        }

        return handled ? 0 : User32.DefaultWindowProcedure(window, message, wordParameter, longParameter);
    }
}
