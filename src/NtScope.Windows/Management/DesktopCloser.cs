using System.Diagnostics;
using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Windows.Agent;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>Empties a desktop until Windows removes it.</summary>
[SupportedOSPlatform("windows")]
public sealed class DesktopCloser
{
    private const uint CloseMessage = 0x10;
    private const uint TerminateAccess = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly Lock ManagedFile = new();
    private static readonly string[] SystemProcesses = ["csrss.exe", "dwm.exe", "winlogon.exe", "wininit.exe", "services.exe", "lsass.exe", "smss.exe"];

    private readonly string _name;
    private readonly Action<string> _say;
    private readonly HashSet<uint> _ignored = [(uint)Environment.ProcessId];

    private DesktopCloser(string name, Action<string> say)
    {
        _name = name;
        _say = say;
    }

    /// <summary>
    /// Says who lives on a desktop, asks every window to close, and with <paramref name="force"/> ends what is left; then shows that the
    /// object is gone. Input goes back to Default first if it is there.
    /// </summary>
    /// <param name="name">The desktop.</param>
    /// <param name="force">Whether to end processes that do not close by themselves. Programs with windows on other desktops, too, are spared.</param>
    /// <param name="say">Takes each line of the account.</param>
    /// <returns>Whether the object is gone.</returns>
    /// <exception cref="DesktopException">There is no such desktop, or it belongs to Windows.</exception>
    public static bool Close(string name, bool force, Action<string> say)
    {
        DesktopName.Check(name);
        DesktopName.CheckNotReserved(name);
        return new DesktopCloser(name, say).Close(force);
    }

    private bool Close(bool force)
    {
        DesktopAccess.Open(_name, NtScope.Desktops.Security.DesktopRights.Enumerate).Dispose();
        if (IsThis(DesktopAccess.InputName() ?? ""))
        {
            DesktopManager.Switch(DesktopName.Default, force: true);
            _say($"Input went back to {DesktopName.Default}.");
        }

        if (AgentClient.TrySend(AgentRequest.Release, _name, out var released))
        {
            _say(released.Text);
            if (released.ProcessId is { } agent)
            {
                _ignored.Add(agent);
            }
        }
        else
        {
            lock (ManagedFile)
            {
                ManagedDesktops.Load().Remove(_name);
            }
        }

        var inhabitants = DesktopInhabitants.Of(_name, _ignored);
        foreach (var process in inhabitants.Processes)
        {
            _say($"On {_name}: {process.Name ?? "a process"} ({process.Pid}){(process.CommandLine is null ? "" : ": " + process.CommandLine)}");
        }

        foreach (var window in inhabitants.Windows.Where(static window => window.Visible == true))
        {
            _ = User32.PostMessage((nint)window.Handle, CloseMessage, 0, 0);
        }

        if (WaitUntilGone())
        {
            return Gone();
        }

        IReadOnlyList<DesktopProcess> left = [.. DesktopInhabitants.Of(_name, _ignored).Processes, .. Windowless()];
        if (!force)
        {
            _say(left.Count == 0
                ? StillHeld()
                : $"{_name} is still there. Left: {string.Join(", ", left.Select(static process => $"{process.Name} ({process.Pid})"))}; --force ends them.");
            return false;
        }

        EndAll(left);
        if (WaitUntilGone())
        {
            return Gone();
        }

        _say(StillHeld());
        return false;
    }

    // A process that holds this desktop and no other lives here, although it shows no window. Who holds several (Windows itself, an agent) is only named.
    private List<DesktopProcess> Windowless()
    {
        var all = HandleTable.Desktops().Value ?? [];
        var elsewhere = all.Where(desktop => !IsThis(desktop.Name)).SelectMany(static desktop => desktop.ProcessIds);
        var shown = DesktopInhabitants.Of(_name, _ignored).Windows.Select(static window => window.Pid!.Value);
        var processes = new ProcessTable();
        return [.. all.Where(desktop => IsThis(desktop.Name)).SelectMany(static desktop => desktop.ProcessIds).Except(elsewhere).Except(shown).Except(_ignored).Select(processes.Read)];
    }

    private bool IsThis(string name) => string.Equals(name, _name, StringComparison.OrdinalIgnoreCase);

    private string StillHeld()
    {
        var holders = (HandleTable.Desktops().Value ?? []).FirstOrDefault(desktop => IsThis(desktop.Name));
        var processes = new ProcessTable();
        var names = (holders?.ProcessIds ?? []).Where(pid => !_ignored.Contains(pid)).Select(pid => $"{processes.Read(pid).Name} ({pid})").ToList();
        return $"{_name} is still there: {(names.Count == 0 ? "a process without windows holds it" : $"held without a window by {string.Join(", ", names)}")}.";
    }

    private bool Gone()
    {
        _say($"{_name} is gone: opening it gives error {ErrorText.FileNotFound}, and the station does not list it.");
        return true;
    }

    private void EndAll(IReadOnlyList<DesktopProcess> processes)
    {
        var elsewhere = DesktopAccess.Names().Where(name => !IsThis(name))
            .SelectMany(PidsOn).ToHashSet();
        foreach (var process in processes)
        {
            if (process.Name is { } image && SystemProcesses.Contains(image, StringComparer.OrdinalIgnoreCase))
            {
                _say($"{image} ({process.Pid}) belongs to Windows and is left alone.");
                continue;
            }

            if (elsewhere.Contains(process.Pid))
            {
                _say($"{process.Name} ({process.Pid}) has windows on other desktops and is left alone.");
                continue;
            }

            using var handle = Kernel32.OpenProcess(TerminateAccess, inherit: false, process.Pid);
            _say(!handle.IsInvalid && Kernel32.TerminateProcess(handle, 1)
                ? $"Ended {process.Name} ({process.Pid})."
                : $"{process.Name} ({process.Pid}) may not be ended.");
        }
    }

    private IEnumerable<uint> PidsOn(string name)
    {
        using var desktop = User32.OpenDesktop(name, 0, inherit: false, NtScope.Desktops.Security.DesktopRights.Enumerate | NtScope.Desktops.Security.DesktopRights.ReadObjects);
        return desktop.IsInvalid ? [] : [.. (WindowReader.OfDesktop(desktop).Value ?? []).Where(static window => window.Pid is not null).Select(static window => window.Pid!.Value)];
    }

    private bool WaitUntilGone()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; Thread.Sleep(Pause))
        {
            if (!DesktopAccess.Exists(_name))
            {
                return true;
            }
        }

        return false;
    }
}
