using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>
/// The agent on one desktop: a thread bound to it, with a window that takes hotkeys (they are per desktop) and the tray icon's messages.
/// While it lives the desktop lives.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class DesktopPresence : IDisposable
{
    private const string ClassName = "NtScope.DesktopAgent";
    private const uint TrayMilliseconds = 1000;
    private const uint NoRepeat = 0x4000;

    [ThreadStatic]
    private static DesktopPresence? s_here;

    private readonly DesktopAgent _agent;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ready = new();
    private TrayIcon? _icon;
    private DesktopException? _failure;
    private nint _window;
    private uint _taskbarCreated;

    private DesktopPresence(DesktopAgent agent, string name)
    {
        _agent = agent;
        Name = name;
        _thread = new Thread(Run) { IsBackground = true, Name = "agent on " + name };
    }

    /// <summary>The desktop.</summary>
    public string Name { get; }

    /// <summary>Enters a desktop and waits until its hotkeys hold.</summary>
    /// <exception cref="DesktopException">The desktop cannot be entered.</exception>
    public static DesktopPresence Enter(DesktopAgent agent, string name)
    {
        var presence = new DesktopPresence(agent, name);
        presence._thread.Start();
        presence._ready.Wait();
        return presence._failure is { } failure ? throw failure : presence;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        _ready.Dispose();
    }

    /// <summary>Shows the overview on this desktop; only on this presence's own thread.</summary>
    /// <param name="direction">Which neighbour is chosen at first: <c>left</c>, <c>right</c>, <c>up</c>, <c>down</c>, or empty for this desktop.</param>
    public void ShowOverview(string direction) => OverviewWindow.Show(_agent, Name, direction);

    private void Leave()
    {
        _ = User32.PostMessage(_window, WindowMessages.Leave, 0, 0);
        if (Environment.CurrentManagedThreadId != _thread.ManagedThreadId)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        try
        {
            BoundDesktop.Run(Name, _ => Live());
        }
        catch (DesktopException exception)
        {
            _failure = exception;
            _ready.Set();
        }
    }

    private void Live()
    {
        s_here = this;
        WindowClasses.Register(ClassName, &Procedure);
        _window = User32.CreateWindow(0, ClassName, "NtScope desktop agent", 0, 0, 0, 0, 0, 0, 0, Kernel32.GetModuleHandle(null), 0);
        if (_window == 0)
        {
            throw new DesktopException($"the agent cannot make a window on {Name}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
        }

        _taskbarCreated = User32.RegisterWindowMessage("TaskbarCreated");
        _icon = new TrayIcon(_window);
        RegisterHotkeys();
        ShowIcon();
        _ = User32.SetTimer(_window, 1, TrayMilliseconds, 0);
        _ready.Set();
        while (User32.GetMessage(out var message, 0, 0, 0) > 0)
        {
            _ = User32.DispatchMessage(message);
        }

        s_here = null;
    }

    private void RegisterHotkeys()
    {
        for (var i = 0; i < _agent.Hotkeys.Count; i++)
        {
            var key = _agent.Hotkeys[i];
            if (!User32.RegisterHotKey(_window, i + 1, key.Modifiers | NoRepeat, key.VirtualKey))
            {
                _agent.Say($"{key.Text} is not taken on {Name}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
            }
        }
    }

    private void ShowIcon()
    {
        if (_icon!.ShowIfPossible($"Desktop {Name}"))
        {
            _agent.Say($"icon on {Name}");
        }
    }

    private void Handle(uint message, nint wordParameter, nint longParameter)
    {
        switch (message)
        {
            case WindowMessages.HotKey when (int)wordParameter - 1 is var index && index >= 0 && index < _agent.Hotkeys.Count:
                _agent.Do(_agent.Hotkeys[index], this);
                break;
            case WindowMessages.Timer:
                ShowIcon();
                break;
            case WindowMessages.Icon when (uint)(longParameter & 0xffff) == WindowMessages.ContextMenu:
                TrayMenu.Show(_agent, this, _window);
                break;
            case WindowMessages.Icon when (uint)(longParameter & 0xffff) == WindowMessages.IconSelected:
                ShowOverview("");
                break;
            case WindowMessages.Leave:
                _icon!.Remove();
                OverviewWindow.CloseHere();
                _ = User32.KillTimer(_window, 1);
                for (var i = 0; i < _agent.Hotkeys.Count; i++)
                {
                    _ = User32.UnregisterHotKey(_window, i + 1);
                }

                _ = User32.DestroyWindow(_window);
                User32.PostQuitMessage(0);
                break;
            default:
                if (message == _taskbarCreated)
                {
                    _icon!.Forget();
                    ShowIcon();
                }

                break;
        }
    }

    [UnmanagedCallersOnly]
    private static nint Procedure(nint window, uint message, nint wordParameter, nint longParameter)
    {
        var here = s_here;
        if (here is not null && window == here._window)
        {
            here._agent.Guard(() => here.Handle(message, wordParameter, longParameter));
        }

        return User32.DefaultWindowProcedure(window, message, wordParameter, longParameter);
    }
}
