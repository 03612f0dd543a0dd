using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>The agent's icon in the notification area of one desktop's shell.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class TrayIcon(nint window)
{
    private const uint Add = 0;
    private const uint Delete = 2;
    private const uint SetVersion = 4;
    private const uint MessageIconTipShowTip = 1 | 2 | 4 | 0x80;
    private const uint VistaBehaviour = 4;
    private const int ApplicationIcon = 32512;

    private bool _shown;

    /// <summary>Shows it if the desktop has a shell and it is not there yet.</summary>
    /// <param name="tip">What it says under the pointer.</param>
    /// <returns>Whether it came just now.</returns>
    public bool ShowIfPossible(string tip)
    {
        if (_shown || User32.FindWindow("Shell_TrayWnd", null) == 0)
        {
            return false;
        }

        var icon = Describe(tip);
        _shown = Shell32.NotifyIcon(Add, icon);
        if (_shown)
        {
            _ = Shell32.NotifyIcon(SetVersion, icon);
        }

        return _shown;
    }

    /// <summary>The shell was started anew and has forgotten it.</summary>
    public void Forget() => _shown = false;

    /// <summary>Takes it away.</summary>
    public void Remove()
    {
        if (_shown)
        {
            _ = Shell32.NotifyIcon(Delete, Describe(""));
            _shown = false;
        }
    }

    private NotifyIcon Describe(string tip)
    {
        var icon = new NotifyIcon
        {
            Size = (uint)sizeof(NotifyIcon),
            Window = window,
            Id = 1,
            Flags = MessageIconTipShowTip,
            CallbackMessage = WindowMessages.Icon,
            Icon = User32.LoadIcon(0, ApplicationIcon),
            Version = VistaBehaviour,
        };
        var shown = tip.AsSpan(0, Math.Min(tip.Length, NotifyIcon.TipLength - 1));
        shown.CopyTo(new Span<char>(icon.Tip, NotifyIcon.TipLength));
        return icon;
    }
}
