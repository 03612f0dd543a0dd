using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;

namespace NtScope.Lab.Executive.Threads;

/// <summary>Objects that threads wait for: their signal states, and who waits.</summary>
internal sealed class Dispatcher(LabKernel kernel)
{
    private const ulong MutantOwner = 0x28;
    private readonly Dictionary<ulong, List<KernelThread>> _waiters = [];

    /// <summary>Sets a KEVENT up.</summary>
    public void InitializeEvent(ulong address, bool signalled = false, bool synchronization = false)
    {
        kernel.Memory.WriteUInt32(address, (uint)(synchronization ? DispatcherObject.SynchronizationEvent : DispatcherObject.NotificationEvent) | 0x60000);
        kernel.Memory.WriteUInt32(address + 4, signalled ? 1u : 0);
        kernel.Memory.WriteUInt64(address + 8, address + 8);
        kernel.Memory.WriteUInt64(address + 16, address + 8);
    }

    /// <summary>Waits for dispatcher objects.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="all">Whether all of them must be signalled.</param>
    /// <param name="timeout">A time-out in units of 100 ns, relative if negative; null to wait for ever.</param>
    /// <param name="isAlertable">Whether alerts end the wait.</param>
    /// <param name="isUser">Whether it is a wait of user mode.</param>
    /// <param name="hopeless">What stops the machine if nobody will end the wait; null for a deadlock of threads.</param>
    public NtStatus WaitFor(ulong[] objects, bool all, long? timeout, bool isAlertable = false, bool isUser = false, Func<MachineStoppedException>? hopeless = null)
    {
        var thread = kernel.Threads.Current;
        var wait = new Wait(objects, all) { IsAlertable = isAlertable, IsUser = isUser, Hopeless = hopeless };
        kernel.Verifier.Charge(LabLimits.BlocksOfCall);
        // Whether the object happens to be signalled does not matter: the call is wrong.
        if (timeout != 0)
        {
            EnsureMayBlock(thread, objects.Length > 0 ? objects[0] : 0);
        }

        if (TrySatisfy(thread, wait))
        {
            return wait.Result!.Value;
        }

        if (isAlertable && kernel.Apcs.TestWait(isUser) is { } kept)
        {
            return EndWith(kept);
        }

        if (timeout == 0)
        {
            return NtStatus.Timeout;
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

        kernel.Threads.Block(thread, wait);
        return EndWith(wait.Result!.Value);
    }

    /// <summary>Has the current thread wait until <see cref="WakeAll"/> is called for an address.</summary>
    /// <param name="item">A lock.</param>
    /// <param name="what">What it is, for the finding if nobody will release it.</param>
    public void WaitOn(ulong item, string what)
    {
        var thread = kernel.Threads.Current;
        EnsureMayBlock(thread, item);
        var routine = thread.Trap.Caller?.Name;
        var wait = new Wait([], all: false) { Hopeless = () => kernel.Stop("deadlock", $"{what} 0x{item:x} is held and nobody will release it", routine) };
        thread.Wait = wait;
        WaitersOf(item).Add(thread);
        kernel.Threads.Block(thread, wait);
    }

    /// <summary>Wakes every thread that waits on a lock: each tries again.</summary>
    public void WakeAll(ulong item)
    {
        if (_waiters.Remove(item, out var waiting))
        {
            foreach (var thread in waiting)
            {
                Wake(thread, thread.Wait!, NtStatus.Success);
            }
        }
    }

    private void EnsureMayBlock(KernelThread thread, ulong item)
    {
        if (thread.Irql >= Irql.Dispatch)
        {
            var code = thread.InDeferredCall ? BugCheckCode.AttemptedSwitchFromDpc : BugCheckCode.IrqlNotLessOrEqual;
            kernel.Verifier.Report("blocking", $"a wait at IRQL {(int)thread.Irql}{(thread.InDeferredCall ? " in a DPC" : string.Empty)}", thread.Trap.Caller?.Name);
            throw kernel.BugCheck(code, [item, (ulong)thread.Irql, 0, 0], "a thread cannot wait here");
        }
    }

    /// <summary>Lets a time pass for the current thread.</summary>
    /// <returns>STATUS_SUCCESS, or why it ended before.</returns>
    public NtStatus Delay(long timeout, bool isAlertable = false, bool isUser = false) =>
        WaitFor([], all: false, timeout, isAlertable, isUser) is var status && status == NtStatus.Timeout ? NtStatus.Success : status;

    /// <summary>Ends a wait that may be alerted.</summary>
    /// <param name="thread">The thread that waits.</param>
    /// <param name="isUser">Whether what ends it is of user mode.</param>
    /// <param name="status">How it ends.</param>
    /// <returns>False if the wait is none that this ends.</returns>
    public bool Interrupt(KernelThread thread, bool isUser, NtStatus status)
    {
        if (thread.Wait is not { IsAlertable: true, Result: null } wait || (isUser && !wait.IsUser))
        {
            return false;
        }

        Wake(thread, wait, status);
        return true;
    }

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

    private NtStatus EndWith(NtStatus status)
    {
        if (status == NtStatus.UserApc)
        {
            kernel.Apcs.DeliverUser();
        }

        return status;
    }

    private void Wake(KernelThread thread, Wait wait, NtStatus result)
    {
        if (thread.Wait != wait)
        {
            return;
        }

        wait.Result = result;
        thread.Wait = null;
        wait.Timeout?.Cancel();
        foreach (var item in wait.Objects)
        {
            if (_waiters.TryGetValue(item, out var waiting) && waiting.Remove(thread) && waiting.Count == 0)
            {
                _waiters.Remove(item);
            }
        }

        kernel.Threads.MakeReady(thread);
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
}
