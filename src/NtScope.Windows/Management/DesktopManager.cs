using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Windows.Agent;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Management;

/// <summary>Makes, enters and leaves real desktops (CreateDesktop, SwitchDesktop) of the interactive window station.</summary>
[SupportedOSPlatform("windows")]
public static class DesktopManager
{
    /// <summary>The desktops of this window station: Default first, then as the station lists them.</summary>
    public static IReadOnlyList<string> Names() =>
        [.. DesktopAccess.Names().OrderBy(static name => !string.Equals(name, DesktopName.Default, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The desktop that receives input; null if rights hide it, as with Winlogon's.</summary>
    public static string? InputName() => DesktopAccess.InputName();

    /// <summary>The command line of the user's shell.</summary>
    public static string ShellCommandLine() => ProgramLauncher.ShellCommandLine();

    /// <summary>
    /// Makes a desktop and starts a program on it. A desktop lives as long as a handle or a thread holds it: without a program only a running
    /// agent can keep it.
    /// </summary>
    /// <param name="name">The new desktop's name.</param>
    /// <param name="commandLine">The program; null for none, if an agent runs.</param>
    /// <returns>The program's process identifier; null without a program.</returns>
    /// <exception cref="DesktopException">The name is taken or not allowed, the heap is exhausted, or nothing would keep the desktop.</exception>
    public static uint? New(string name, string? commandLine)
    {
        DesktopName.Check(name);
        DesktopName.CheckNotReserved(name);
        if (DesktopAccess.Exists(name))
        {
            throw new DesktopException($"there is a desktop {name} already: run programs on it with \"ntscope desktop run {name} -- PROGRAM\"");
        }

        var kept = AgentClient.TrySend(AgentRequest.Hold, name, out var answer);
        if (kept && !answer.Succeeded)
        {
            throw new DesktopException(answer.Text);
        }

        if (!kept && commandLine is null)
        {
            throw new DesktopException(
                $"{name} would vanish at once, since a desktop lives only as long as something holds it: give it a program (--shell, --run) or start \"ntscope desktop agent\" first");
        }

        using var desktop = DesktopAccess.Create(name);
        if (commandLine is null)
        {
            return null;
        }

        try
        {
            var process = ProgramLauncher.Start(desktop, name, commandLine);
            if (!kept)
            {
                ManagedDesktops.Load().Add(name);
            }

            return process;
        }
        catch (DesktopException)
        {
            if (kept)
            {
                _ = AgentClient.TrySend(AgentRequest.Release, name, out _);
            }

            throw;
        }
    }

    /// <summary>Starts a program on a desktop that exists.</summary>
    /// <returns>The program's process identifier.</returns>
    /// <exception cref="DesktopException">There is no such desktop, it may not be opened, or the program does not start.</exception>
    public static uint Run(string name, string commandLine)
    {
        DesktopName.Check(name);
        using var desktop = DesktopAccess.Open(name, DesktopAccess.Work);
        return ProgramLauncher.Start(desktop, name, commandLine);
    }

    /// <summary>Gives input to a desktop.</summary>
    /// <param name="name">The desktop.</param>
    /// <param name="force">Also if nothing there could bring the user back.</param>
    /// <exception cref="DesktopException">There is no such desktop, it may not be entered, or the user would be stuck on it.</exception>
    public static void Switch(string name, bool force)
    {
        DesktopName.Check(name);
        using var desktop = DesktopAccess.Open(name, NtScope.Desktops.Security.DesktopRights.SwitchDesktop);
        var guided = AgentClient.TrySend(AgentRequest.Attach, name, out var answer) && answer.Succeeded;
        if (!force && !guided && !HasVisibleWindow(name))
        {
            throw new DesktopException(
                $"nothing is to be seen on {name} and no agent runs there: you could not come back; start a shell (\"ntscope desktop run {name} -- explorer.exe\") or the agent, or say --force");
        }

        if (!User32.SwitchDesktop(desktop))
        {
            throw new DesktopException($"Windows does not switch to {name}: {ErrorText.Of(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Gives input to the desktop that follows (or precedes) the present one, Default after the last.</summary>
    /// <param name="step">1 for the next, -1 for the previous.</param>
    /// <param name="force">Also if nothing there could bring the user back.</param>
    /// <returns>Where the user is now.</returns>
    public static string SwitchBy(int step, bool force)
    {
        var names = Names().Where(static name => !IsWindowsOwn(name)).ToList();
        var present = names.FindIndex(static name => string.Equals(name, DesktopAccess.InputName(), StringComparison.OrdinalIgnoreCase));
        var next = names[(((present < 0 ? 0 : present) + step) % names.Count + names.Count) % names.Count];
        Switch(next, force);
        return next;
    }

    /// <summary>Who lives on a desktop.</summary>
    public static IReadOnlyList<DesktopProcess> ProcessesOf(string name) => DesktopInhabitants.Of(name, []).Processes;

    /// <summary>What is known of a process; only its identifier if it has ended or may not be opened.</summary>
    public static DesktopProcess Process(uint pid) => new ProcessTable().Read(pid);

    private static bool IsWindowsOwn(string name) =>
        string.Equals(name, "Winlogon", StringComparison.OrdinalIgnoreCase) || string.Equals(name, "Disconnect", StringComparison.OrdinalIgnoreCase);

    private static bool HasVisibleWindow(string name) =>
        string.Equals(name, DesktopName.Default, StringComparison.OrdinalIgnoreCase) || DesktopInhabitants.Of(name, []).Windows.Any(static window => window.Visible == true);
}
