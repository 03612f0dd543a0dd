using System.Runtime.Versioning;
using NtScope.Windows.Management;

namespace NtScope.Windows.VirtualDesktops;

/// <summary>What the shell writes about its virtual desktops into the user's registry.</summary>
[SupportedOSPlatform("windows")]
internal sealed class VirtualDesktopRegistry : IVirtualDesktopRegistry
{
    private const string Explorer = @"Software\Microsoft\Windows\CurrentVersion\Explorer";
    private const string Desktops = Explorer + @"\VirtualDesktops";

    public byte[]? Ids => Registry.ReadBytes(Registry.CurrentUser, Desktops, "VirtualDesktopIDs");

    // Windows 11 has it beside the list, Windows 10 below the session.
    public byte[]? CurrentId => Registry.ReadBytes(Registry.CurrentUser, Desktops, "CurrentVirtualDesktop")
        ?? Registry.ReadBytes(Registry.CurrentUser, $@"{Explorer}\SessionInfo\{Session}\VirtualDesktops", "CurrentVirtualDesktop");

    private static uint Session => Interop.Kernel32.ProcessIdToSessionId((uint)Environment.ProcessId, out var session) ? session : 0;

    public string? NameOf(Guid id) => Registry.ReadText(Registry.CurrentUser, $@"{Desktops}\Desktops\{id.ToString("B").ToUpperInvariant()}", "Name");
}
