using NtScope.Lab.Machine;

namespace NtScope.Lab.Executive.Threads;

/// <summary>The machine's time. It moves with calls of the executive and, when everything waits, to the next thing that is due.</summary>
internal sealed class VirtualClock
{
    private readonly PriorityQueue<ClockEntry, (long Due, long Order)> _entries = new();
    private long _order;

    /// <summary>A day in units of 100 ns.</summary>
    public const long TicksPerMillisecond = 10_000;

    /// <summary>The time, in units of 100 ns since 1601 (UTC). A machine starts when captures are taken.</summary>
    public long Now { get; private set; } = LabClock.Now;

    /// <summary>The time since the machine started, in units of 100 ns.</summary>
    public long SinceStart { get; private set; } = LabClock.Now - LabClock.Boot;

    /// <summary>Lets the smallest unit of time pass.</summary>
    public void Tick()
    {
        Now++;
        SinceStart++;
    }

    /// <summary>Has something happen at a time.</summary>
    public ClockEntry Add(long due, Action action)
    {
        var entry = new ClockEntry(due, action);
        _entries.Enqueue(entry, (due, _order++));
        return entry;
    }

    /// <summary>Turns a relative (negative) or absolute time-out into a time.</summary>
    public long Resolve(long timeout) => timeout < 0 ? Now - timeout : timeout;

    /// <summary>Does what is due now.</summary>
    public void RunDue()
    {
        while (_entries.TryPeek(out var entry, out _) && (entry.IsCancelled || entry.Due <= Now))
        {
            _entries.Dequeue();
            if (!entry.IsCancelled)
            {
                entry.Action();
            }
        }
    }

    /// <summary>Moves to the next thing that is due and does it.</summary>
    /// <param name="limit">The time that is not passed.</param>
    /// <returns>False if nothing is due before.</returns>
    public bool Advance(long limit = long.MaxValue)
    {
        while (_entries.TryPeek(out var entry, out _))
        {
            if (entry.IsCancelled)
            {
                _entries.Dequeue();
                continue;
            }

            if (entry.Due > limit)
            {
                return false;
            }

            MoveTo(entry.Due);
            RunDue();
            return true;
        }

        return false;
    }

    /// <summary>Moves forward without doing anything.</summary>
    public void MoveTo(long time)
    {
        if (time > Now)
        {
            SinceStart += time - Now;
            Now = time;
        }
    }
}
