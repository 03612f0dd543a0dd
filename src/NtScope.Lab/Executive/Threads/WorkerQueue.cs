namespace NtScope.Lab.Executive.Threads;

/// <summary>Work that a system thread does at PASSIVE_LEVEL, in order.</summary>
internal sealed class WorkerQueue(LabKernel kernel)
{
    private readonly Queue<Action> _pending = new();
    private bool _isRunning;

    /// <summary>Queues work.</summary>
    public void Queue(Action work)
    {
        if (_pending.Count >= LabLimits.DeferredCalls)
        {
            throw kernel.Stop("livelock", "work items queue one another without end");
        }

        _pending.Enqueue(work);
        if (!_isRunning)
        {
            _isRunning = true;
            kernel.Processes.CreateSystemThread(kernel.Processes.SystemProcess, Run, out _, isWorker: true);
        }
    }

    private void Run()
    {
        try
        {
            while (_pending.TryDequeue(out var work))
            {
                work();
            }
        }
        finally
        {
            _isRunning = false;
        }
    }
}
