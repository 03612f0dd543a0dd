using System.Runtime.Versioning;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>Starts the agent with Windows: a value of the user's Run key.</summary>
[SupportedOSPlatform("windows")]
internal static class Autostart
{
    private const string Key = @"Software\Microsoft\Windows\CurrentVersion\Run";
    private const string Value = "NtScopeDesktopAgent";

    public static void TurnOn(string program) => Registry.WriteText(Registry.CurrentUser, Key, Value, $"\"{program}\" desktop agent --detach");

    public static void TurnOff() => Registry.WriteText(Registry.CurrentUser, Key, Value, null);

    public static string? CommandLine => Registry.ReadText(Registry.CurrentUser, Key, Value);
}
