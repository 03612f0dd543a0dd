using System.Runtime.Versioning;
using NtScope.Desktops;
using NtScope.Reports;

namespace NtScope.Windows.Desktops;

/// <summary>The desktops of the running Windows.</summary>
[SupportedOSPlatform("windows")]
public static class LiveDesktops
{
    /// <summary>The report <c>ntscope.desktops/1</c> of this machine: every session, window station and desktop that rights allow.</summary>
    public static Report<DesktopRow> Read() => LiveDesktopTree.Read(new Win32WindowSystem(), Agent.ManagedDesktops.Load().Names);
}
