using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using NtScope.Windows.Agent;
using NtScope.Windows.Management;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope desktop agent</c>: hotkeys, tray icon, overview, in the background.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "The verb's action refuses every other system first.")]
internal static class DesktopAgentCommand
{
    private const string Verb = "desktop agent";

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("agent", "Stays in the background: hotkeys, tray icon, overview, and a watchdog that leads back to Default");
        var hotkeys = new Option<string?>("--hotkeys") { HelpName = "file", Description = "The hotkey file (JSON with comments); without it, the user's own, which is made if it is missing" };
        var detach = new Option<bool>("--detach") { Description = "Start it without a console and come back at once" };
        var stop = new Option<bool>("--stop") { Description = "End the running agent" };
        var autostart = new Option<string?>("--autostart") { HelpName = "on|off|show", Description = "Start it when the user logs on" };
        var watchdog = new Option<uint?>("--watchdog") { Hidden = true };
        autostart.AcceptOnlyFromAmong("on", "off", "show");
        command.Add(hotkeys);
        command.Add(detach);
        command.Add(stop);
        command.Add(autostart);
        command.Add(watchdog);
        command.SetAction(parsed =>
        {
            if (!LiveWindows.IsHere)
            {
                throw LiveWindows.Missing(Verb);
            }

            return LiveWindows.Run(Verb, () => parsed switch
            {
                _ when parsed.GetValue(watchdog) is { } process => WatchOver(process),
                _ when parsed.GetValue(stop) => Stop(),
                _ when parsed.GetValue(autostart) is { } state => SetAutostart(state),
                _ when parsed.GetValue(detach) => Detach(parsed.GetValue(hotkeys)),
                _ => Run(parsed.GetValue(hotkeys)),
            });
        });
        return command;
    }

    private static int Run(string? hotkeys)
    {
        DesktopAgent.Run(new AgentOptions
        {
            HotkeyFile = hotkeys,
            WatchdogCommand = [Environment.ProcessPath!, "desktop", "agent", "--watchdog"],
            Say = static line =>
            {
                Console.Out.WriteLine("agent: " + NtScope.Rendering.VisibleText.Of(line));
                Console.Out.Flush();
            },
        });
        return ExitCode.Done;
    }

    private static int WatchOver(uint process)
    {
        DesktopAgent.WatchOver(process);
        return ExitCode.Done;
    }

    private static int Stop()
    {
        var ran = DesktopAgent.StopRunning();
        Console.Out.WriteLine(ran ? "The agent ends." : "No agent runs in this session.");
        return ExitCode.Done;
    }

    private static int SetAutostart(string state)
    {
        if (state != "show")
        {
            DesktopAgent.SetAutostart(state == "on" ? Environment.ProcessPath : null);
        }

        Console.Out.WriteLine(DesktopAgent.AutostartCommandLine is { } line ? $"The agent starts at logon: {line}" : "The agent does not start at logon.");
        return ExitCode.Done;
    }

    private static int Detach(string? hotkeys)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["desktop", "agent"]) { UseShellExecute = false, CreateNoWindow = true };
        if (hotkeys is not null)
        {
            start.ArgumentList.Add("--hotkeys");
            start.ArgumentList.Add(Path.GetFullPath(hotkeys));
        }

        using var agent = Process.Start(start) ?? throw new DesktopException("the agent does not start");
        Console.Out.WriteLine($"The agent runs ({agent.Id}). End it with: ntscope desktop agent --stop");
        return ExitCode.Done;
    }
}
