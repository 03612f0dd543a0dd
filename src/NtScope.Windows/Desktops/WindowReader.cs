using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Lists windows without sending them a message, so that a hung program does not hang the reader.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowReader
{
    private const int StyleIndex = -16;
    private const int VisibleStyle = 0x10000000;
    private const int TextLength = 512;

    /// <summary>The top-level windows of a desktop, topmost first.</summary>
    public static Outcome<IReadOnlyList<DesktopWindow>> OfDesktop(DesktopHandle desktop)
    {
        var handles = Handles(desktop);
        return handles.IsKnown ? new([.. handles.Value!.Select(Read)]) : Outcome<IReadOnlyList<DesktopWindow>>.Failed(handles.Error);
    }

    /// <summary>The handles of the top-level windows of a desktop, topmost first.</summary>
    public static Outcome<IReadOnlyList<nint>> Handles(DesktopHandle desktop)
    {
        var windows = new List<nint>();
        using var context = new PinnedContext(windows);
        Marshal.SetLastPInvokeError(0);
        var listed = User32.EnumDesktopWindows(desktop, &Add, context.Value);
        var error = listed ? 0 : Marshal.GetLastPInvokeError();

        // An empty desktop makes the call fail without an error.
        return error == 0 ? new(windows) : Outcome<IReadOnlyList<nint>>.Failed(error);
    }

    /// <summary>The windows of all threads of this session but those known.</summary>
    public static IReadOnlyList<DesktopWindow> OfOtherThreads(IReadOnlySet<uint> known)
    {
        var windows = new List<nint>();
        using var context = new PinnedContext(windows);
        foreach (var thread in ProcessTable.ThreadIds())
        {
            if (!known.Contains(thread))
            {
                User32.EnumThreadWindows(thread, &Add, context.Value);
            }
        }

        return [.. windows.Select(Read).Where(static window => window.Tid is > 0)];
    }

    /// <summary>What a window shows of itself.</summary>
    public static DesktopWindow Read(nint window)
    {
        var buffer = stackalloc char[TextLength];
        var thread = User32.GetWindowThreadProcessId(window, out var process);
        var className = new string(buffer, 0, User32.GetClassName(window, buffer, TextLength));
        var title = new string(buffer, 0, User32.InternalGetWindowText(window, buffer, TextLength));
        return new DesktopWindow(
            (ulong)window,
            thread == 0 ? null : className,
            thread == 0 ? null : title,
            thread == 0 ? null : process,
            thread == 0 ? null : thread,
            thread == 0 ? null : (User32.GetWindowLong(window, StyleIndex) & VisibleStyle) != 0,
            CloakReason(window));
    }

    private static string? CloakReason(nint window)
    {
        if (Dwmapi.GetWindowAttribute(window, Dwmapi.Cloaked, out var reason, sizeof(uint)) != 0)
        {
            return null;
        }

        // DWM_CLOAKED_APP, DWM_CLOAKED_SHELL, DWM_CLOAKED_INHERITED
        return reason switch
        {
            0 => null,
            _ when (reason & 1) != 0 => "app",
            _ when (reason & 2) != 0 => "shell",
            _ => "inherited",
        };
    }

    [UnmanagedCallersOnly]
    private static int Add(nint window, nint context)
    {
        var windows = PinnedContext.Of<List<nint>>(context);
        windows.Add(window);
        return windows.Count < Limits.Windows ? 1 : 0;
    }
}
