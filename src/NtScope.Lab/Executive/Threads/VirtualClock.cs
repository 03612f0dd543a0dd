using NtScope.Lab.Machine;

namespace NtScope.Lab.Executive.Threads;

/// <summary>The machine's time. It moves with calls of the executive and, when everything waits, to the next thing that is due.</summary>
internal sealed class VirtualClock
{
    private readonly PriorityQueue<ClockEntry, (long Due, long Order)> _entries = new();
    private long _order;
    private int _cancelled;

    /// <summary>A millisecond in units of 100 ns.</summary>
    public const long TicksPerMillisecond = 10_000;

    /// <summary>The year 8889: what is due later does not happen.</summary>
    public const long LastTime = 2_300_000_000_000_000_000;

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
        var entry = new ClockEntry(this, due, action);
        _entries.Enqueue(entry, (due, _order++));
        return entry;
    }

    /// <summary>Turns a relative (negative) or absolute time-out into a time.</summary>
    public long Resolve(long timeout) => timeout >= 0 ? timeout : timeout < -LastTime ? long.MaxValue : Now - timeout;

    /// <summary>Does what is due now.</summary>
    public void RunDue()
    {
        while (_entries.TryPeek(out var entry, out _) && (entry.IsCancelled || entry.Due <= Now))
        {
            if (!Take().IsCancelled)
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
                Take();
                continue;
            }

            if (entry.Due > Math.Min(limit, LastTime))
            {
                return false;
            }

            MoveTo(entry.Due);
            RunDue();
            return true;
        }

        return false;
    }

    /// <summary>Notes that an entry is cancelled. Those far in the future would stay for ever, so they go once they are the most.</summary>
    public void Cancelled()
    {
        const int FewEntries = 64;
        if (++_cancelled < FewEntries || _cancelled <= _entries.Count / 2)
        {
            return;
        }

        var left = _entries.UnorderedItems.Where(item => !item.Element.IsCancelled).ToArray();
        _entries.Clear();
        _entries.EnqueueRange(left);
        _cancelled = 0;
    }

    /// <summary>How many entries are kept, cancelled ones too.</summary>
    public int Count => _entries.Count;

    /// <summary>Moves forward without doing anything.</summary>
    public void MoveTo(long time)
    {
        time = Math.Min(time, LastTime);
        if (time > Now)
        {
            SinceStart += time - Now;
            Now = time;
        }
    }

    private ClockEntry Take()
    {
        var entry = _entries.Dequeue();
        entry.IsDone = true;
        _cancelled -= entry.IsCancelled ? 1 : 0;
        return entry;
    }
}
