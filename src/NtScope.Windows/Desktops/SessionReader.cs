using System.Runtime.Versioning;
using NtScope.Windows.Interop;
using System.Runtime.InteropServices;

namespace NtScope.Windows.Desktops;

/// <summary>Lists terminal services sessions.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class SessionReader
{
    private const int UserName = 5;

    public static Outcome<IReadOnlyList<SessionFacts>> Read()
    {
        if (!Wtsapi32.EnumerateSessions(0, 0, 1, out var entries, out var count))
        {
            return Outcome<IReadOnlyList<SessionFacts>>.Failed(Marshal.GetLastPInvokeError());
        }

        try
        {
            var sessions = new List<SessionFacts>();
            for (var i = 0; i < count; i++)
            {
                var name = entries[i].WinStationName is null ? null : new string(entries[i].WinStationName);
                sessions.Add(new SessionFacts(
                    (int)entries[i].SessionId,
                    string.IsNullOrEmpty(name) ? null : name,
                    StateText(entries[i].State),
                    ReadUser(entries[i].SessionId)));
            }

            return new(sessions);
        }
        finally
        {
            Wtsapi32.FreeMemory(entries);
        }
    }

    private static string? ReadUser(uint session)
    {
        if (!Wtsapi32.QuerySessionInformation(0, session, UserName, out var text, out _) || text is null)
        {
            return null;
        }

        var user = new string(text);
        Wtsapi32.FreeMemory(text);
        return user.Length == 0 ? null : user;
    }

    // WTS_CONNECTSTATE_CLASS in its order.
    private static string StateText(int state) => state switch
    {
        0 => "active",
        1 => "connected",
        2 => "connecting",
        3 => "shadowing",
        4 => "disconnected",
        5 => "idle",
        6 => "listening",
        7 => "resetting",
        8 => "down",
        9 => "initialising",
        _ => $"state {state}",
    };
}
