namespace NtScope.Lab.Executive.Threads;

/// <summary>Something that happens at a time.</summary>
/// <param name="clock">The clock that it is entered with.</param>
/// <param name="due">When, in units of 100 ns since 1601.</param>
/// <param name="action">What.</param>
internal sealed class ClockEntry(VirtualClock clock, long due, Action action)
{
    /// <summary>When, in units of 100 ns since 1601.</summary>
    public long Due { get; } = due;

    /// <summary>What.</summary>
    public Action Action { get; } = action;

    /// <summary>Whether it no longer counts.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Whether it has happened.</summary>
    public bool IsDone { get; set; }

    /// <summary>Has it not happen.</summary>
    public void Cancel()
    {
        if (!IsCancelled && !IsDone)
        {
            IsCancelled = true;
            clock.Cancelled();
        }
    }
}
