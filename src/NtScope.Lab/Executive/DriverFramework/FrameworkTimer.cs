using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFTIMER.</summary>
internal sealed class FrameworkTimer(FrameworkClient client, ulong routine, uint period, bool isSerialized) : FrameworkObject(client)
{
    /// <summary>EvtTimerFunc.</summary>
    public ulong Routine { get; } = routine;

    /// <summary>The period in milliseconds; 0 for once.</summary>
    public uint Period { get; } = period;

    /// <summary>Whether its routine excludes the callbacks of its parent.</summary>
    public bool IsSerialized { get; } = isSerialized;

    /// <summary>When it expires; null while it is not set.</summary>
    public ClockEntry? Entry { get; set; }
}
