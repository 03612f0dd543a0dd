using System.Runtime.Versioning;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Agent;

/// <summary>Names by which the agent of a session and its commands meet.</summary>
[SupportedOSPlatform("windows")]
internal static class AgentChannel
{
    /// <summary>The mutex that the one agent of a session owns.</summary>
    public const string MutexName = @"Local\NtScope.DesktopAgent";

    /// <summary>The pipe that it listens on; pipes are machine-wide, so the session is part of the name.</summary>
    public static string PipeName { get; } = "NtScope.DesktopAgent." + (Kernel32.ProcessIdToSessionId((uint)Environment.ProcessId, out var session) ? session : 0);
}
