using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Threads;

/// <summary>What a thread waits for.</summary>
/// <param name="objects">Dispatcher objects.</param>
/// <param name="all">Whether all of them must be signalled at once.</param>
internal sealed class Wait(ulong[] objects, bool all)
{
    /// <summary>Dispatcher objects.</summary>
    public ulong[] Objects { get; } = objects;

    /// <summary>Whether all of them must be signalled at once.</summary>
    public bool All { get; } = all;

    /// <summary>Whether alerts end it.</summary>
    public bool IsAlertable { get; init; }

    /// <summary>Whether it is a wait of user mode, which user APCs end too if it is alertable.</summary>
    public bool IsUser { get; init; }

    /// <summary>How it ended; null while it lasts.</summary>
    public NtStatus? Result { get; set; }

    /// <summary>What stops the machine if nobody will end the wait; null for a deadlock of threads.</summary>
    public Func<MachineStoppedException>? Hopeless { get; init; }

    /// <summary>The time-out; null without one.</summary>
    public ClockEntry? Timeout { get; set; }
}
