using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>
/// Stays in the background, one a session: keeps the desktops that were made, takes hotkeys on each, shows its icon where there is a shell,
/// and has a watchdog that gives input back to Default when it dies.
/// </summary>
[SupportedOSPlatform("windows")]
public sealed class DesktopAgent : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly AgentOptions _options;
    private readonly ManagedDesktops _managed = ManagedDesktops.Load();
    private readonly Dictionary<string, DesktopPresence> _presences = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _released = new(StringComparer.OrdinalIgnoreCase);
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _lock = new();
    private Process? _watchdog;
    private volatile bool _hasLeft;

    private DesktopAgent(AgentOptions options, IReadOnlyList<HotkeyBinding> hotkeys)
    {
        _options = options;
        Hotkeys = hotkeys;
    }

    /// <summary>The keys that are taken on every desktop.</summary>
    internal IReadOnlyList<HotkeyBinding> Hotkeys { get; }

    /// <summary>Runs until it is told to end.</summary>
    /// <exception cref="DesktopException">One runs already in this session, or Default cannot be entered.</exception>
    /// <exception cref="InputException">The hotkey file cannot be read.</exception>
    public static void Run(AgentOptions options)
    {
        using var single = new Mutex(initiallyOwned: true, AgentChannel.MutexName, out var isFirst);
        if (!isFirst)
        {
            throw new DesktopException("an agent runs already in this session: end it with \"ntscope desktop agent --stop\"");
        }

        var configuration = HotkeyConfiguration.Load(options.HotkeyFile ?? HotkeyConfiguration.DefaultPath);
        foreach (var problem in configuration.Problems)
        {
            options.Say($"hotkeys: {problem}");
        }

        using var agent = new DesktopAgent(options, configuration.Bindings);
        agent.Run();
    }

    /// <summary>Ends the running agent.</summary>
    /// <returns>Whether one ran.</returns>
    public static bool StopRunning() => AgentClient.TrySend(AgentRequest.Stop, DesktopName.Default, out _);

    /// <summary>Waits for a process and then gives input back to Default: what the watchdog process does.</summary>
    /// <param name="process">The agent's process.</param>
    public static void WatchOver(uint process) => AgentWatchdog.Run(process);

    /// <summary>Turns the start with Windows on, by this program, or off.</summary>
    /// <param name="program">The program; null to turn it off.</param>
    public static void SetAutostart(string? program)
    {
        if (program is null)
        {
            Autostart.TurnOff();
        }
        else
        {
            Autostart.TurnOn(program);
        }
    }

    /// <summary>What Windows starts at logon; null if the start is off.</summary>
    public static string? AutostartCommandLine => Autostart.CommandLine;

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchdog?.Dispose();
        _stop.Dispose();
    }

    /// <summary>The desktops in the order of their numbers: Default, those that were made, then others that the agent is on.</summary>
    internal IReadOnlyList<string> SwitchOrder()
    {
        lock (_lock)
        {
            return [.. new[] { DesktopName.Default }.Concat(_managed.Names).Concat(_presences.Keys.Order(StringComparer.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase)];
        }
    }

    /// <summary>Does what a hotkey says.</summary>
    internal void Do(HotkeyBinding key, DesktopPresence here)
    {
        var order = SwitchOrder();
        var present = order.ToList().FindIndex(name => string.Equals(name, here.Name, StringComparison.OrdinalIgnoreCase));
        switch (key.Action)
        {
            case HotkeyAction.Overview:
                here.ShowOverview(key.Argument);
                break;
            case HotkeyAction.Next:
                SwitchTo(order[(present + 1) % order.Count]);
                break;
            case HotkeyAction.Previous:
                SwitchTo(order[(Math.Max(0, present) + order.Count - 1) % order.Count]);
                break;
            case HotkeyAction.Switch when int.TryParse(key.Argument, out var number):
                if (number >= 1 && number <= order.Count)
                {
                    SwitchTo(order[number - 1]);
                }

                break;
            case HotkeyAction.Switch:
                SwitchTo(key.Argument);
                break;
        }
    }

    /// <summary>Gives input to a desktop; the agent enters it first, so that its hotkeys lead back.</summary>
    internal void SwitchTo(string name)
    {
        Enter(name);
        using var desktop = DesktopAccess.Open(name, NtScope.Desktops.Security.DesktopRights.SwitchDesktop);
        Say(User32.SwitchDesktop(desktop) ? $"switched to {name}" : $"no switch to {name}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Makes a desktop with the next free number in its name, with a shell, and goes there.</summary>
    internal void NewNumberedDesktop()
    {
        var existing = DesktopAccess.Names();
        var number = 2;
        while (existing.Contains($"Desktop {number}", StringComparer.OrdinalIgnoreCase))
        {
            number++;
        }

        var name = $"Desktop {number}";
        Hold(name);
        using (var desktop = DesktopAccess.Open(name, DesktopAccess.Work))
        {
            _ = ProgramLauncher.Start(desktop, name, ProgramLauncher.ShellCommandLine());
        }

        SwitchTo(name);
    }

    /// <summary>Ends the agent.</summary>
    internal void Stop() => _stop.Set();

    /// <summary>Tells what happened.</summary>
    internal void Say(string line) => _options.Say(line);

    /// <summary>Keeps a failure from leaving a window procedure: it is told and the agent goes on.</summary>
    internal void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Say(exception is DesktopException ? exception.Message : $"unexpected: {exception}");
        }
    }

    private void Run()
    {
        StartWatchdog();
        Enter(DesktopName.Default);
        foreach (var name in _managed.Names.ToList())
        {
            Guard(() => Hold(name));
        }

        new AgentServer(Answer).Start();
        Say($"ready, process {Environment.ProcessId}: {Hotkeys.Count} hotkeys on {string.Join(", ", SwitchOrder())}");
        while (!_stop.Wait(Pause))
        {
            StartWatchdog();
            Guard(EnterDesktopsWithShell);
            CollectEndedThreads();
        }

        Leave();
    }

    private void Leave()
    {
        if (DesktopAccess.InputName() is { } input && !string.Equals(input, DesktopName.Default, StringComparison.OrdinalIgnoreCase))
        {
            SwitchTo(DesktopName.Default);
        }

        List<DesktopPresence> presences;
        lock (_lock)
        {
            presences = [.. _presences.Values];
            _presences.Clear();
        }

        foreach (var presence in presences)
        {
            presence.Dispose();
        }

        Say("ended");
    }

    private AgentAnswer Answer(AgentRequest request, string name)
    {
        var self = (uint)Environment.ProcessId;
        try
        {
            switch (request)
            {
                case AgentRequest.Hold:
                    DesktopName.Check(name);
                    Hold(name);
                    return new AgentAnswer(true, self, $"The agent keeps {name}.");
                case AgentRequest.Release:
                    Release(name);
                    return new AgentAnswer(true, self, $"The agent has let go of {name}.");
                case AgentRequest.Attach:
                    Enter(name);
                    return new AgentAnswer(true, self, $"The agent's hotkeys hold on {name}.");
                default:
                    Stop();
                    return new AgentAnswer(true, self, "The agent ends.");
            }
        }
        catch (DesktopException exception)
        {
            return new AgentAnswer(false, self, exception.Message);
        }
    }

    private void Hold(string name)
    {
        // The presence's thread keeps the desktop; this handle only bridges the time until it has its own.
        using var desktop = DesktopAccess.Create(name);
        Enter(name);
        lock (_lock)
        {
            _managed.Add(name);
        }
    }

    private void Release(string name)
    {
        DesktopPresence? presence;
        lock (_lock)
        {
            _managed.Remove(name);
            _released.Add(name);
            _presences.Remove(name, out presence);
        }

        presence?.Dispose();
        _hasLeft = presence is not null;
    }

    // The kernel handles of a thread that has ended go with its object, and an agent that allocates next to nothing would keep them for days.
    private void CollectEndedThreads()
    {
        if (_hasLeft)
        {
            _hasLeft = false;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private void Enter(string name)
    {
        lock (_lock)
        {
            if (!_presences.ContainsKey(name))
            {
                _released.Remove(name);
                _presences.Add(name, DesktopPresence.Enter(this, name));
            }
        }
    }

    private void EnterDesktopsWithShell()
    {
        var names = DesktopAccess.Names();
        lock (_lock)
        {
            _released.RemoveWhere(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase));
        }

        foreach (var name in names)
        {
            // One that is being closed still has its shell for a while, and must not be held by a return of the agent.
            bool known;
            lock (_lock)
            {
                known = _presences.ContainsKey(name) || _released.Contains(name);
            }

            if (!known && DesktopInhabitants.HasShell(name))
            {
                Enter(name);
            }
        }
    }

    private void StartWatchdog()
    {
        if (_watchdog is { HasExited: false })
        {
            return;
        }

        _watchdog?.Dispose();
        var start = new ProcessStartInfo(_options.WatchdogCommand[0]) { UseShellExecute = false, CreateNoWindow = true };
        foreach (var argument in _options.WatchdogCommand.Skip(1).Append(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)))
        {
            start.ArgumentList.Add(argument);
        }

        _watchdog = Process.Start(start);
        Say($"watchdog {_watchdog?.Id}");
    }
}
