using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;

namespace NtScope.Lab.Executive.Threads;

/// <summary>Threads that run one at a time and hand over where they wait. Waits end by signals, by time-outs, or never: a deadlock.</summary>
internal sealed class Scheduler(LabKernel kernel) : IDisposable
{
    private const ulong StackBytes = 0x6000;
    private const ulong StackSpacing = 0x10_0000;
    private const ulong FirstStack = 0xFFFF_C000_0000_0000;
    private readonly Queue<KernelThread> _ready = new();
    private readonly List<KernelThread> _threads = [];
    private readonly Dictionary<ulong, List<KernelThread>> _waiters = [];
    private readonly Queue<(ulong Dpc, ulong Argument1, ulong Argument2)> _deferred = new();
    private readonly Stack<ulong> _freeStacks = new();
    private ulong _nextStack = FirstStack;
    private volatile bool _stopping;
    private bool _draining;
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

        var created = new KernelThread(thread, process, id, kernel.Memory.Map("stack", start, StackBytes, MemoryAccess.ReadWrite));
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
        DrainDeferred();
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
        if (_ready.Count > 0)
        {
            var current = Current;
            _ready.Enqueue(current);
            SwitchTo(_ready.Dequeue());
        }
    }

    /// <summary>Waits for dispatcher objects.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="all">Whether all of them must be signalled.</param>
    /// <param name="timeout">A time-out in units of 100 ns, relative if negative; null to wait for ever.</param>
    public NtStatus WaitFor(ulong[] objects, bool all, long? timeout)
    {
        var thread = Current;
        var wait = new Wait(objects, all);
        if (TrySatisfy(thread, wait))
        {
            return wait.Result!.Value;
        }

        if (timeout == 0)
        {
            return NtStatus.Timeout;
        }

        if (thread.Irql >= Irql.Dispatch)
        {
            var code = thread.InDeferredCall ? BugCheckCode.AttemptedSwitchFromDpc : BugCheckCode.IrqlNotLessOrEqual;
            kernel.Verifier.Report("blocking", $"a wait at IRQL {(int)thread.Irql}{(thread.InDeferredCall ? " in a DPC" : string.Empty)}", thread.Trap.Caller?.Name);
            throw kernel.BugCheck(code, [objects.Length > 0 ? objects[0] : 0, (ulong)thread.Irql, 0, 0], "a thread cannot wait here");
        }

        thread.Wait = wait;
        foreach (var item in objects)
        {
            WaitersOf(item).Add(thread);
        }

        if (timeout is { } due)
        {
            wait.Timeout = kernel.Clock.Add(kernel.Clock.Resolve(due), () => Wake(thread, wait, NtStatus.Timeout));
        }

        Block(thread, wait);
        return wait.Result!.Value;
    }

    /// <summary>Lets a time pass for the current thread.</summary>
    public void Delay(long timeout) => _ = WaitFor([], all: false, timeout);

    /// <summary>Sets the signal state of an object and wakes who waits for it.</summary>
    /// <returns>The state before.</returns>
    public int Signal(ulong item, int state)
    {
        var previous = kernel.Memory.ReadInt32(item + 4);
        kernel.Memory.WriteUInt32(item + 4, (uint)state);
        if (state > 0 && _waiters.TryGetValue(item, out var waiting))
        {
            foreach (var thread in waiting.ToArray())
            {
                if (thread.Wait is { Result: null } wait && TrySatisfy(thread, wait))
                {
                    Wake(thread, wait, wait.Result!.Value);
                }
            }
        }

        return previous;
    }

    /// <summary>Sets the processor's level; going below DISPATCH_LEVEL runs what was deferred.</summary>
    public void SetIrql(Irql level)
    {
        Current.Irql = level;
        if (level < Irql.Dispatch)
        {
            DrainDeferred();
        }
    }

    /// <summary>Queues a DPC; it runs as soon as the level allows.</summary>
    public void QueueDeferred(ulong dpc, ulong argument1, ulong argument2)
    {
        _deferred.Enqueue((dpc, argument1, argument2));
        if (Current.Irql < Irql.Dispatch)
        {
            DrainDeferred();
        }
    }

    /// <summary>Takes a DPC out of the queue.</summary>
    public bool RemoveDeferred(ulong dpc)
    {
        var count = _deferred.Count;
        var found = false;
        for (var i = 0; i < count; i++)
        {
            var entry = _deferred.Dequeue();
            if (entry.Dpc == dpc)
            {
                found = true;
            }
            else
            {
                _deferred.Enqueue(entry);
            }
        }

        return found;
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
            body();
        }
        catch (ThreadEndException)
        {
            // The thread called PsTerminateSystemThread.
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

    private void End(KernelThread thread)
    {
        thread.ExitStatus ??= NtStatus.Success;
        _threads.Remove(thread);
        kernel.Processes.ThreadEnded(thread);
        if (_failure is not null)
        {
            PassBaton(_threads[0]);
            return;
        }

        while (_ready.Count == 0)
        {
            try
            {
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
                PassBaton(_threads[0]);
                return;
            }
        }

        var next = _ready.Dequeue();
        Load(next);
        kernel.Memory.Unmap(thread.Stack);
        _freeStacks.Push(thread.Stack.Start);
        if (thread.Context != 0)
        {
            kernel.Cpu.DestroyContext(thread.Context);
        }

        next.Baton.Release();
    }

    private void PassBaton(KernelThread next)
    {
        Load(next);
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

    private void Block(KernelThread thread, Wait wait)
    {
        while (wait.Result is null)
        {
            if (_ready.TryDequeue(out var next))
            {
                SwitchTo(next);
            }
            else if (!kernel.Clock.Advance())
            {
                throw Deadlock();
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

    private MachineStoppedException Deadlock() =>
        kernel.Stop("deadlock", "every thread waits for something that nobody will signal");

    private void Wake(KernelThread thread, Wait wait, NtStatus result)
    {
        if (thread.Wait != wait)
        {
            return;
        }

        wait.Result = result;
        thread.Wait = null;
        wait.Timeout?.IsCancelled = true;
        foreach (var item in wait.Objects)
        {
            if (_waiters.TryGetValue(item, out var waiting) && waiting.Remove(thread) && waiting.Count == 0)
            {
                _waiters.Remove(item);
            }
        }

        _ready.Enqueue(thread);
    }

    private List<KernelThread> WaitersOf(ulong item)
    {
        if (!_waiters.TryGetValue(item, out var waiting))
        {
            _waiters.Add(item, waiting = []);
        }

        return waiting;
    }

    private bool TrySatisfy(KernelThread thread, Wait wait)
    {
        if (wait.All)
        {
            foreach (var item in wait.Objects)
            {
                if (!IsSignalled(item, thread))
                {
                    return false;
                }
            }

            foreach (var item in wait.Objects)
            {
                Take(item, thread);
            }

            wait.Result = NtStatus.Success;
            return true;
        }

        for (var i = 0; i < wait.Objects.Length; i++)
        {
            if (IsSignalled(wait.Objects[i], thread))
            {
                Take(wait.Objects[i], thread);
                wait.Result = (NtStatus)i;
                return true;
            }
        }

        return false;
    }

    private DispatcherObject TypeOf(ulong item) => (DispatcherObject)(kernel.Memory.ReadByte(item) & 0x7F);

    private bool IsSignalled(ulong item, KernelThread thread)
    {
        var state = kernel.Memory.ReadInt32(item + 4);
        return state > 0 || (TypeOf(item) == DispatcherObject.Mutant && kernel.Memory.ReadUInt64(item + MutantOwner) == thread.Thread);
    }

    private void Take(ulong item, KernelThread thread)
    {
        var state = kernel.Memory.ReadInt32(item + 4);
        switch (TypeOf(item))
        {
            case DispatcherObject.SynchronizationEvent or DispatcherObject.SynchronizationTimer:
                kernel.Memory.WriteUInt32(item + 4, 0);
                break;
            case DispatcherObject.Semaphore:
                kernel.Memory.WriteUInt32(item + 4, (uint)(state - 1));
                break;
            case DispatcherObject.Mutant:
                kernel.Memory.WriteUInt32(item + 4, (uint)(state - 1));
                kernel.Memory.WriteUInt64(item + MutantOwner, thread.Thread);
                if (state == 1)
                {
                    thread.Locks.Add(new HeldLock("mutex", item, thread.Trap.CallerRip));
                }

                break;
        }
    }

    private void DrainDeferred()
    {
        if (_draining || _deferred.Count == 0)
        {
            return;
        }

        _draining = true;
        var thread = Current;
        var level = thread.Irql;
        try
        {
            for (var count = 0; _deferred.TryDequeue(out var entry); count++)
            {
                if (count > LabLimits.DeferredCalls)
                {
                    throw kernel.Stop("livelock", "DPCs queue one another without end");
                }

                thread.Irql = Irql.Dispatch;
                thread.InDeferredCall = true;
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

    private const ulong MutantOwner = 0x28;
}
