using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Threads;

/// <summary>
/// APCs and alerts of threads. A kernel APC runs as soon as its thread does so below APC_LEVEL: a special one outside of guarded regions, a normal
/// one outside of critical regions too. APCs of user mode end waits that may be alerted; their routine in user mode is not run.
/// </summary>
internal sealed class ApcQueue(LabKernel kernel)
{
    private const ulong ApcThread = 0x08;
    private const ulong KernelRoutine = 0x20;
    private const ulong RundownRoutine = 0x28;
    private const ulong NormalRoutine = 0x30;
    private const ulong Mode = 0x51;
    private const ulong Inserted = 0x52;
    private const int UserMode = 1;
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, ThreadCalls> _threads = [];
    private readonly Dictionary<ulong, StackTrace?> _origins = [];

    /// <summary>APCs that have not run.</summary>
    public IEnumerable<ulong> Pending => _threads.Values.SelectMany(calls => calls.Kernel.Concat(calls.User));

    /// <summary>The call that queued an APC; null if it is not known.</summary>
    public StackTrace? OriginOf(ulong apc) => _origins.GetValueOrDefault(apc);

    /// <summary>Queues an APC whose arguments are set.</summary>
    /// <returns>False if it is queued already, or its thread has ended.</returns>
    public bool Insert(ulong apc)
    {
        var thread = _memory.ReadUInt64(apc + ApcThread);
        if (_memory.ReadByte(apc + Inserted) != 0 || kernel.Objects.Get(thread).Kind != ObjectKind.Thread || _memory.ReadInt32(thread + 4) > 0)
        {
            return false;
        }

        var isUser = _memory.ReadByte(apc + Mode) == UserMode;
        var calls = CallsOf(thread);
        (isUser ? calls.User : calls.Kernel).Add(apc);
        _memory.WriteByte(apc + Inserted, 1);
        _origins[apc] = kernel.Traces.Capture();
        if (!isUser && kernel.Threads.Current.Thread == thread)
        {
            Deliver();
        }
        else if (kernel.Threads.All.FirstOrDefault(known => known.Thread == thread && known.Wait is not null) is { } waiting)
        {
            if (!isUser)
            {
                kernel.Threads.MakeReady(waiting);
            }
            else
            {
                kernel.Dispatcher.Interrupt(waiting, isUser: true, NtStatus.UserApc);
            }
        }

        return true;
    }

    /// <summary>Takes an APC out of its thread's queue.</summary>
    public bool Remove(ulong apc)
    {
        var thread = _memory.ReadUInt64(apc + ApcThread);
        if (!_threads.TryGetValue(thread, out var calls) || !(calls.Kernel.Remove(apc) || calls.User.Remove(apc)))
        {
            return false;
        }

        _memory.WriteByte(apc + Inserted, 0);
        _origins.Remove(apc);
        Trim(thread);
        return true;
    }

    /// <summary>Runs the kernel APCs of the current thread that may run now.</summary>
    public void Deliver()
    {
        var thread = kernel.Threads.Current;
        if (_threads.Count == 0 || thread.Irql >= Irql.Apc || thread.InDeferredCall || !_threads.TryGetValue(thread.Thread, out var calls))
        {
            return;
        }

        for (var count = 0; calls.Kernel.FindIndex(apc => MayRun(thread, calls, apc)) is >= 0 and var index; count++)
        {
            if (count > LabLimits.DeferredCalls)
            {
                throw kernel.Stop("livelock", "APCs queue one another without end");
            }

            var apc = calls.Kernel[index];
            calls.Kernel.RemoveAt(index);
            Run(calls, apc, isUser: false);
        }

        Trim(thread.Thread);
    }

    /// <summary>Runs the kernel routines of the current thread's user APCs: it returns from a wait that they ended.</summary>
    public void DeliverUser()
    {
        var thread = kernel.Threads.Current.Thread;
        while (_threads.TryGetValue(thread, out var calls) && calls.User.Count > 0)
        {
            kernel.Verifier.Charge(LabLimits.BlocksOfCall);
            var apc = calls.User[0];
            calls.User.RemoveAt(0);
            Run(calls, apc, isUser: true);
            Trim(thread);
        }
    }

    /// <summary>What keeps the current thread from a wait that may be alerted; null for nothing.</summary>
    public NtStatus? TestWait(bool isUser)
    {
        var thread = kernel.Threads.Current.Thread;
        if (!_threads.TryGetValue(thread, out var calls))
        {
            return null;
        }

        foreach (var mode in (ReadOnlySpan<int>)[isUser ? UserMode : 0, 0])
        {
            if (calls.Alerted[mode])
            {
                calls.Alerted[mode] = false;
                Trim(thread);
                return NtStatus.Alerted;
            }

            if (isUser && mode == UserMode && calls.User.Count > 0)
            {
                return NtStatus.UserApc;
            }
        }

        return null;
    }

    /// <summary>Alerts a thread: a wait that may be alerted ends, or the next one will.</summary>
    /// <returns>Whether it was alerted before.</returns>
    public bool Alert(ulong thread, int mode)
    {
        _ = kernel.Objects.Get(thread);
        var calls = CallsOf(thread);
        var wasAlerted = calls.Alerted[mode];
        var isWaiting = kernel.Threads.All.FirstOrDefault(known => known.Thread == thread && known.Wait is not null) is { } waiting
            && kernel.Dispatcher.Interrupt(waiting, mode == UserMode, NtStatus.Alerted);
        calls.Alerted[mode] = !isWaiting;
        Trim(thread);
        return wasAlerted;
    }

    /// <summary>Takes the current thread's alert away.</summary>
    /// <returns>Whether it was alerted.</returns>
    public bool TestAlert(int mode)
    {
        var thread = kernel.Threads.Current.Thread;
        if (!_threads.TryGetValue(thread, out var calls) || !calls.Alerted[mode])
        {
            return false;
        }

        calls.Alerted[mode] = false;
        Trim(thread);
        return true;
    }

    /// <summary>The current thread ends: user APCs are run down; a kernel APC that cannot run stops the machine.</summary>
    public void Rundown()
    {
        Deliver();
        var thread = kernel.Threads.Current.Thread;
        if (!_threads.Remove(thread, out var calls))
        {
            return;
        }

        if (calls.Kernel.Count > 0)
        {
            throw kernel.BugCheck(
                BugCheckCode.KernelApcPendingDuringExit, [calls.Kernel[0], (ulong)kernel.Threads.Current.ApcDisabled, (ulong)kernel.Threads.Current.Irql, 0],
                "a thread ends where its APCs are disabled, and one waits");
        }

        foreach (var apc in calls.User)
        {
            _memory.WriteByte(apc + Inserted, 0);
            if (_memory.ReadUInt64(apc + RundownRoutine) is var rundown && rundown != 0)
            {
                kernel.Verifier.CallDriver("an APC's rundown routine", rundown, apc);
            }
        }
    }

    /// <summary>Forgets the APCs of a driver that is gone.</summary>
    public void RemoveAll(Func<ulong, bool> isMeant)
    {
        foreach (var (thread, calls) in _threads.ToArray())
        {
            calls.Kernel.RemoveAll(apc => isMeant(apc));
            calls.User.RemoveAll(apc => isMeant(apc));
            Trim(thread);
        }
    }

    /// <summary>The routine in the kernel that an APC calls.</summary>
    public ulong RoutineOf(ulong apc) => _memory.ReadUInt64(apc + KernelRoutine);

    private bool MayRun(KernelThread thread, ThreadCalls calls, ulong apc) =>
        thread.GuardedRegions == 0 && (_memory.ReadUInt64(apc + NormalRoutine) == 0 || (thread.ApcDisabled == 0 && !calls.InProgress));

    // The kernel routine may change or take away the routine that follows it.
    private void Run(ThreadCalls calls, ulong apc, bool isUser)
    {
        _origins.Remove(apc);
        const int Arguments = 4;
        var thread = kernel.Threads.Current;
        var level = thread.Irql;
        var block = kernel.Pool.Allocate(Arguments * sizeof(ulong), "ApcA");
        for (var index = 0ul; index < Arguments; index++)
        {
            _memory.WriteUInt64(block + (index * 8), _memory.ReadUInt64(apc + NormalRoutine + (index * 8)));
        }

        _memory.WriteByte(apc + Inserted, 0);
        try
        {
            thread.Irql = Irql.Apc;
            kernel.Verifier.CallDriver("an APC's kernel routine", RoutineOf(apc), apc, block, block + 8, block + 16, block + 24);
            var (normal, context, first, second) = (_memory.ReadUInt64(block), _memory.ReadUInt64(block + 8), _memory.ReadUInt64(block + 16), _memory.ReadUInt64(block + 24));
            if (normal != 0 && !isUser)
            {
                calls.InProgress = true;
                thread.Irql = Irql.Passive;
                kernel.Verifier.CallDriver("an APC's normal routine", normal, context, first, second);
            }
        }
        finally
        {
            calls.InProgress = false;
            thread.Irql = level;
        }

        kernel.Pool.Free(block);
    }

    private ThreadCalls CallsOf(ulong thread)
    {
        if (!_threads.TryGetValue(thread, out var calls))
        {
            _threads.Add(thread, calls = new ThreadCalls());
        }

        return calls;
    }

    private void Trim(ulong thread)
    {
        if (_threads.TryGetValue(thread, out var calls) && calls.IsEmpty)
        {
            _threads.Remove(thread);
        }
    }
}
