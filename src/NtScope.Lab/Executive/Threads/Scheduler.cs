using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Threads;

/// <summary>Threads that run one at a time and hand over where they wait.</summary>
internal sealed class Scheduler(LabKernel kernel) : IDisposable
{
    private const ulong StackBytes = 0x6000;
    private const ulong StackSpacing = 0x10_0000;
    private const ulong BehindOtherStacks = 0x4000_0000;
    private readonly Queue<KernelThread> _ready = new();
    private readonly List<KernelThread> _threads = [];
    private readonly Stack<ulong> _freeStacks = new();
    private ulong _nextStack = kernel.Foundation.Places.Stacks.Value + BehindOtherStacks;
    private volatile bool _stopping;
    private Exception? _failure;

    /// <summary>The thread that runs.</summary>
    public KernelThread Current { get; private set; } = null!;

    /// <summary>All threads that have not ended.</summary>
    public IReadOnlyList<KernelThread> All => _threads;

    /// <summary>Makes a thread.</summary>
    public KernelThread Create(ulong thread, ulong process, uint id)
    {
        if (_threads.Count >= LabLimits.Threads)
        {
            throw kernel.Stop("threads", $"the machine has {LabLimits.Threads} threads");
        }

        if (!_freeStacks.TryPop(out var start))
        {
            start = _nextStack;
            _nextStack += StackSpacing;
        }

        var created = new KernelThread(thread, process, id, kernel.Memory.Map("stack", start, StackBytes, MemoryAccess.ReadWrite)) { Origin = kernel.Traces.Capture() };
        _threads.Add(created);
        return created;
    }

    /// <summary>Makes the caller's host thread the machine's first thread.</summary>
    public void Adopt(KernelThread thread)
    {
        Current = thread;
        kernel.Cpu.Write(Register.Rsp, thread.StackBase - 0x40);
        kernel.SetCurrentThread(thread);
    }

    /// <summary>Starts a thread at a routine of a driver.</summary>
    public void Start(KernelThread thread, Action body)
    {
        thread.Host = new Thread(() => RunThread(thread, body), 1 << 20) { IsBackground = true, Name = $"lab thread {thread.Id}" };
        thread.Host.Start();
        _ready.Enqueue(thread);
    }

    /// <summary>Lets every other thread run until it waits.</summary>
    public void Settle()
    {
        kernel.Clock.RunDue();
        kernel.DeferredCalls.Drain();
        for (var turns = 0; _ready.Count > 0; turns++)
        {
            if (turns > LabLimits.DeferredCalls)
            {
                throw kernel.Stop("livelock", "threads of the machine wake one another without end");
            }

            Yield();
        }
    }

    /// <summary>Lets the next ready thread run.</summary>
    public void Yield()
    {
        kernel.Verifier.Charge(LabLimits.BlocksOfCall);
        if (_ready.Count > 0)
        {
            var current = Current;
            _ready.Enqueue(current);
            SwitchTo(_ready.Dequeue());
        }
    }

    /// <summary>Lets other threads run until a wait has ended.</summary>
    public void Block(KernelThread thread, Wait wait)
    {
        var (begun, expiries) = (kernel.Clock.Now, 0);
        while (wait.Result is null)
        {
            kernel.Verifier.Charge(LabLimits.BlocksOfCall);
            kernel.Apcs.Deliver();
            if (wait.Result is not null)
            {
                break;
            }

            if (_ready.TryDequeue(out var next))
            {
                SwitchTo(next);
            }
            else if (!kernel.Clock.Advance() || (wait.Hopeless is not null && (++expiries > LabLimits.Expiries || kernel.Clock.Now - begun > LabLimits.PendingTime)))
            {
                throw wait.Hopeless?.Invoke() ?? Deadlock();
            }
        }

        // It may have been made ready and then found itself running already.
        if (_ready.Contains(thread))
        {
            var count = _ready.Count;
            for (var i = 0; i < count; i++)
            {
                var entry = _ready.Dequeue();
                if (entry != thread)
                {
                    _ready.Enqueue(entry);
                }
            }
        }
    }

    /// <summary>Has a thread run when its turn comes.</summary>
    public void MakeReady(KernelThread thread)
    {
        if (!thread.IsAbandoned)
        {
            _ready.Enqueue(thread);
        }
    }

    /// <summary>Whether a system thread runs code of a driver, or returns to it.</summary>
    public bool RunsIn(KernelThread thread, LoadedDriver driver) =>
        thread is { Host: not null, IsAbandoned: false } && (kernel.Drivers.At(thread.Trap.CallerRip) == driver || thread.Invocations.Any(call => kernel.Drivers.At(call.CallerRip) == driver));

    /// <summary>Lets a thread never run again: the code that it returns to is gone.</summary>
    public void Abandon(KernelThread thread)
    {
        thread.IsAbandoned = true;
        thread.Wait = null;
        var waiting = _ready.Where(ready => ready != thread).ToArray();
        _ready.Clear();
        foreach (var ready in waiting)
        {
            _ready.Enqueue(ready);
        }
    }

    /// <summary>Sets the processor's level; going below DISPATCH_LEVEL runs what was deferred.</summary>
    public void SetIrql(Irql level)
    {
        Current.Irql = level;
        if (level < Irql.Dispatch)
        {
            kernel.DeferredCalls.Drain();
            kernel.Apcs.Deliver();
        }
    }

    /// <summary>Ends all host threads.</summary>
    public void Dispose()
    {
        _stopping = true;
        foreach (var thread in _threads)
        {
            if (thread != Current)
            {
                thread.Baton.Release();
                thread.Host?.Join();
            }

            thread.Baton.Dispose();
            if (thread.Context != 0)
            {
                kernel.Cpu.DestroyContext(thread.Context);
                thread.Context = 0;
            }
        }
    }

    private void RunThread(KernelThread thread, Action body)
    {
        thread.Baton.Wait();
        if (_stopping)
        {
            return;
        }

        try
        {
            Adopt(thread);
            RunBody(body);
            kernel.Apcs.Rundown();
        }
        catch (SchedulerStoppedException)
        {
            return;
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        End(thread);
    }

    private void RunBody(Action body)
    {
        try
        {
            kernel.Apcs.Deliver();
            body();
        }
        catch (ThreadEndException)
        {
            // The thread called PsTerminateSystemThread.
        }
    }

    private void End(KernelThread thread)
    {
        thread.ExitStatus ??= NtStatus.Success;
        _threads.Remove(thread);
        kernel.Processes.ThreadEnded(thread);
        if (_failure is not null)
        {
            PassBaton(_threads[0], thread);
            return;
        }

        while (_ready.Count == 0)
        {
            try
            {
                kernel.Verifier.Charge(LabLimits.BlocksOfCall);
                if (!kernel.Clock.Advance())
                {
                    _failure = Deadlock();
                }
            }
            catch (Exception exception)
            {
                _failure = exception;
            }

            if (_failure is not null)
            {
                PassBaton(_threads[0], thread);
                return;
            }
        }

        PassBaton(_ready.Dequeue(), thread);
    }

    // A thread that has ended lets another one run and gives back what it had.
    private void PassBaton(KernelThread next, KernelThread ended)
    {
        Load(next);
        kernel.Memory.Unmap(ended.Stack);
        _freeStacks.Push(ended.Stack.Start);
        if (ended.Context != 0)
        {
            kernel.Cpu.DestroyContext(ended.Context);
        }

        next.Baton.Release();
    }

    private void Load(KernelThread next)
    {
        Current = next;
        if (next.Context != 0)
        {
            kernel.Cpu.RestoreContext(next.Context);
        }

        kernel.SetCurrentThread(next);
    }

    private void SwitchTo(KernelThread next)
    {
        var previous = Current;
        if (next == previous)
        {
            return;
        }

        if (previous.Context == 0)
        {
            previous.Context = kernel.Cpu.CreateContext();
        }

        kernel.Cpu.SaveContext(previous.Context);
        Load(next);
        next.Baton.Release();
        previous.Baton.Wait();
        if (_stopping)
        {
            throw new SchedulerStoppedException();
        }

        if (_failure is { } failure && previous == _threads[0])
        {
            throw failure is MachineStoppedException stopped ? new MachineStoppedException(stopped.Finding) : failure;
        }
    }

    private MachineStoppedException Deadlock() =>
        kernel.Stop("deadlock", "every thread waits for something that nobody will signal");
}
