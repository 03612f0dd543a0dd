using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NtScope.Cli.Options;
using NtScope.Windows.Management;
using NtScope.Windows.VirtualDesktops;

namespace NtScope.Cli.Commands;

/// <summary><c>ntscope virtual</c>: the virtual desktops of Task View, which are no desktop objects.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "Every action refuses other systems first.")]
internal static class VirtualCommand
{
    private const string Verb = "virtual";

    /// <summary>The verb.</summary>
    public static Command Create() => new(Verb, "The virtual desktops of Task View (Windows 10 and later), which are windows hidden on one real desktop")
    {
        CreateList(), CreateSwitch(), CreateMove(),
    };

    private static Command CreateList()
    {
        var command = new Command("list", "The virtual desktops with their windows");
        var options = new ReportOptions(command);
        command.SetAction(parsed => Run("list", () => options.Write(parsed, VirtualDesktopManager.Read())));
        return command;
    }

    private static Command CreateSwitch()
    {
        var command = new Command("switch", "Shows a virtual desktop");
        var desktop = Desktop();
        command.Add(desktop);
        command.SetAction(parsed => Run("switch", () => Say($"Shown: {Describe(VirtualDesktopManager.Switch(parsed.GetValue(desktop)!))}.")));
        return command;
    }

    private static Command CreateMove()
    {
        var command = new Command("move", "Puts a window on a virtual desktop");
        var window = new Argument<string>("window") { Description = "The window's handle (0x...), as \"desktops --windows\" shows it" };
        var desktop = Desktop();
        command.Add(window);
        command.Add(desktop);
        command.SetAction(parsed => Run("move", () =>
        {
            var text = parsed.GetValue(window)!;
            if (!ulong.TryParse(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var handle))
            {
                throw new DesktopException($"{text} is no window handle: take one that \"ntscope desktops --windows\" shows");
            }

            Say($"The window is on {Describe(VirtualDesktopManager.Move(handle, parsed.GetValue(desktop)!))}.");
        }));
        return command;
    }

    private static int Run(string verb, Action work) => LiveWindows.IsHere
        ? LiveWindows.Run($"{Verb} {verb}", () =>
        {
            work();
            return ExitCode.Done;
        })
        : throw LiveWindows.Missing($"{Verb} {verb}");

    private static Argument<string> Desktop() => new("desktop") { Description = "The virtual desktop's number, name or GUID" };

    private static string Describe(VirtualDesktopRow desktop) => desktop.Name ?? $"Desktop {desktop.Number}";

    private static void Say(string line) => Console.Out.WriteLine(NtScope.Rendering.VisibleText.Of(line));
}
