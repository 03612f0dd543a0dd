namespace NtScope.Lab.Executive.Threads;

/// <summary>DPCs: queued at any level, run in order as soon as the level is below DISPATCH_LEVEL.</summary>
internal sealed class DeferredCallQueue(LabKernel kernel)
{
    private readonly Queue<(ulong Dpc, Action? Work, ulong Argument1, ulong Argument2)> _queue = new();
    private bool _draining;

    /// <summary>How many are queued.</summary>
    public int Count => _queue.Count;

    /// <summary>What is queued.</summary>
    public IEnumerable<ulong> Queued => _queue.Select(entry => entry.Dpc);

    /// <summary>Queues a DPC; it runs as soon as the level allows.</summary>
    public void Queue(ulong dpc, ulong argument1, ulong argument2)
    {
        _queue.Enqueue((dpc, null, argument1, argument2));
        if (kernel.Threads.Current.Irql < Irql.Dispatch)
        {
            Drain();
        }
    }

    /// <summary>Queues work at DISPATCH_LEVEL for an object that is no KDPC.</summary>
    public void Queue(ulong owner, Action work)
    {
        _queue.Enqueue((owner, work, 0, 0));
        if (kernel.Threads.Current.Irql < Irql.Dispatch)
        {
            Drain();
        }
    }

    /// <summary>Runs something as a DPC does: at DISPATCH_LEVEL, where nothing waits.</summary>
    public T Run<T>(Func<T> routine)
    {
        var thread = kernel.Threads.Current;
        var (level, inside) = (thread.Irql, thread.InDeferredCall);
        (thread.Irql, thread.InDeferredCall) = (Irql.Dispatch, true);
        try
        {
            return routine();
        }
        finally
        {
            thread.InDeferredCall = inside;
            kernel.Threads.SetIrql(level);
        }
    }

    /// <summary>Takes a DPC out of the queue.</summary>
    public bool Remove(ulong dpc)
    {
        var count = _queue.Count;
        var found = false;
        for (var i = 0; i < count; i++)
        {
            var entry = _queue.Dequeue();
            if (entry.Dpc == dpc)
            {
                found = true;
            }
            else
            {
                _queue.Enqueue(entry);
            }
        }

        return found;
    }

    /// <summary>Runs what is queued.</summary>
    public void Drain()
    {
        if (_draining || _queue.Count == 0)
        {
            return;
        }

        _draining = true;
        var thread = kernel.Threads.Current;
        var level = thread.Irql;
        try
        {
            for (var count = 0; _queue.TryDequeue(out var entry); count++)
            {
                if (count > LabLimits.DeferredCalls)
                {
                    throw kernel.Stop("livelock", "DPCs queue one another without end");
                }

                thread.Irql = Irql.Dispatch;
                thread.InDeferredCall = true;
                if (entry.Work is { } work)
                {
                    work();
                    continue;
                }

                var routine = kernel.Memory.ReadUInt64(entry.Dpc + 0x18);
                kernel.Memory.WriteUInt64(entry.Dpc + 0x38, 0);
                kernel.Verifier.CallDriver("a DPC", routine, entry.Dpc, kernel.Memory.ReadUInt64(entry.Dpc + 0x20), entry.Argument1, entry.Argument2);
            }
        }
        finally
        {
            thread.InDeferredCall = false;
            thread.Irql = level;
            _draining = false;
        }
    }
}
