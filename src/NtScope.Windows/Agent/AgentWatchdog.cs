using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>
/// A process of its own that waits for the agent's end and then gives input back to Default, whatever the agent died of. It holds Default
/// open from the start, so that it needs nothing at the end but one call.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class AgentWatchdog
{
    private const uint Synchronize = 0x100000;
    private const uint Infinite = uint.MaxValue;

    /// <summary>Waits for a process and switches back.</summary>
    /// <exception cref="DesktopException">The process or Default cannot be opened, or Windows refuses the switch.</exception>
    public static void Run(uint process)
    {
        using var home = DesktopAccess.Open(DesktopName.Default, DesktopRights.SwitchDesktop | DesktopRights.ReadObjects);
        using var agent = Kernel32.OpenProcess(Synchronize, inherit: false, process);
        if (!agent.IsInvalid)
        {
            _ = Kernel32.WaitForSingleObject(agent, Infinite);
        }

        // On the secure desktop the user is where Windows wants him; it brings him back itself.
        if (DesktopAccess.InputName() is { } input && !string.Equals(input, DesktopName.Default, StringComparison.OrdinalIgnoreCase) && !User32.SwitchDesktop(home))
        {
            throw new DesktopException($"input is on {input} and Windows does not give it back to {DesktopName.Default}");
        }
    }
}
