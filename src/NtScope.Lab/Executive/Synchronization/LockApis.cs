using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Spin locks, fast mutexes, push locks, critical and guarded regions, interrupt levels.</summary>
internal sealed class LockApis(LabKernel kernel) : IApiFamily
{
    private const ulong FastMutexOwner = 0x08;
    private const ulong FastMutexEvent = 0x18;
    private const ulong FastMutexIrql = 0x30;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("KeInitializeSpinLock", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], 0));
        table.Add("KeAcquireSpinLockRaiseToDpc", Irql.Dispatch, AcquireSpinLock);
        table.Alias("KeAcquireSpinLockRaiseToDpc", "KfAcquireSpinLock");
        table.Void("KeReleaseSpinLock", Irql.Dispatch, (in ApiCall call) => ReleaseSpinLock(call, call[0], (Irql)call.Byte(1)));
        table.Alias("KeReleaseSpinLock", "KfReleaseSpinLock");
        table.Void("KeAcquireSpinLockAtDpcLevel", Irql.High, (in ApiCall call) => TakeSpinLock(call, call[0]));
        table.Void("KeReleaseSpinLockFromDpcLevel", Irql.High, (in ApiCall call) => ReleaseSpinLock(call, call[0], null));
        table.Void("KeAcquireInStackQueuedSpinLock", Irql.Dispatch, AcquireQueued);
        table.Void("KeReleaseInStackQueuedSpinLock", Irql.Dispatch, (in ApiCall call) =>
            ReleaseSpinLock(call, kernel.Memory.ReadUInt64(call[0] + 8), (Irql)kernel.Memory.ReadByte(call[0] + 0x10)));
        table.Add("KfRaiseIrql", Irql.High, RaiseIrql);
        table.Add("KeRaiseIrqlToDpcLevel", Irql.Dispatch, (in ApiCall _) => SetLevel(Irql.Dispatch));
        table.Void("KeLowerIrql", Irql.High, LowerIrql);
        table.Alias("KeLowerIrql", "KfLowerIrql");
        table.Add("KeGetCurrentIrql", Irql.High, (in ApiCall _) => (ulong)kernel.Threads.Current.Irql);
        table.Void("ExAcquireFastMutex", Irql.Apc, (in ApiCall call) => AcquireFastMutex(call, raise: true));
        table.Void("ExAcquireFastMutexUnsafe", Irql.Apc, (in ApiCall call) => AcquireFastMutex(call, raise: false));
        table.Alias("ExAcquireFastMutexUnsafe", "KeAcquireGuardedMutexUnsafe");
        table.Alias("ExAcquireFastMutex", "KeAcquireGuardedMutex");
        table.Void("ExReleaseFastMutex", Irql.Apc, (in ApiCall call) => ReleaseFastMutex(call, lower: true));
        table.Void("ExReleaseFastMutexUnsafe", Irql.Apc, (in ApiCall call) => ReleaseFastMutex(call, lower: false));
        table.Alias("ExReleaseFastMutexUnsafe", "KeReleaseGuardedMutexUnsafe");
        table.Alias("ExReleaseFastMutex", "KeReleaseGuardedMutex");
        table.Add("ExTryToAcquireFastMutex", Irql.Apc, TryFastMutex);
        table.Void("KeInitializeGuardedMutex", Irql.High, InitializeGuardedMutex);
        table.Void("KeEnterCriticalRegion", Irql.Apc, (in ApiCall _) => kernel.Threads.Current.ApcDisabled++);
        table.Alias("KeEnterCriticalRegion", "FsRtlEnterFileSystem");
        table.Void("KeLeaveCriticalRegion", Irql.Apc, LeaveRegion);
        table.Alias("KeLeaveCriticalRegion", "FsRtlExitFileSystem");
        table.Void("KeEnterGuardedRegion", Irql.Apc, (in ApiCall _) =>
        {
            kernel.Threads.Current.ApcDisabled++;
            kernel.Threads.Current.GuardedRegions++;
        });
        table.Void("KeLeaveGuardedRegion", Irql.Apc, (in ApiCall call) =>
        {
            kernel.Threads.Current.GuardedRegions = Math.Max(kernel.Threads.Current.GuardedRegions - 1, 0);
            LeaveRegion(call);
        });
        table.Add("KeAreApcsDisabled", Irql.High, (in ApiCall _) => kernel.Threads.Current.ApcDisabled > 0 ? 1UL : 0);
        table.Add("KeAreAllApcsDisabled", Irql.High, (in ApiCall _) => kernel.Threads.Current.GuardedRegions > 0 || kernel.Threads.Current.Irql >= Irql.Apc ? 1UL : 0);
        table.Void("ExInitializePushLock", Irql.High, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], 0));
        table.Alias("ExInitializePushLock", "FltInitializePushLock");
        table.Void("FltDeletePushLock", Irql.Apc, (in ApiCall _) => { });
        table.Void("ExAcquirePushLockExclusiveEx", Irql.Apc, (in ApiCall call) => AcquirePushLock(call, exclusive: true));
        table.Void("ExAcquirePushLockSharedEx", Irql.Apc, (in ApiCall call) => AcquirePushLock(call, exclusive: false));
        table.Void("ExReleasePushLockExclusiveEx", Irql.Apc, ReleasePushLock);
        table.Alias("ExReleasePushLockExclusiveEx", "ExReleasePushLockSharedEx", "ExReleasePushLockEx");

        // The filter manager's enter and leave a critical region too.
        table.Void("FltAcquirePushLockExclusive", Irql.Apc, (in ApiCall call) => AcquireFilterLock(call, exclusive: true));
        table.Void("FltAcquirePushLockShared", Irql.Apc, (in ApiCall call) => AcquireFilterLock(call, exclusive: false));
        table.Void("FltReleasePushLock", Irql.Apc, (in ApiCall call) =>
        {
            ReleasePushLock(call);
            LeaveRegion(call);
        });
        foreach (var name in (ReadOnlySpan<string>)["KeAcquireSpinLockAtDpcLevel", "KeReleaseSpinLockFromDpcLevel", "KeReleaseSpinLock", "KfReleaseSpinLock", "KeReleaseInStackQueuedSpinLock"])
        {
            table.From(name, Irql.Dispatch);
        }

        table.From("ExReleaseFastMutex", Irql.Apc);
        table.Add("ExInterlockedInsertTailList", Irql.High, (in ApiCall call) => Insert(call, tail: true));
        table.Add("ExInterlockedInsertHeadList", Irql.High, (in ApiCall call) => Insert(call, tail: false));
        table.Add("ExInterlockedRemoveHeadList", Irql.High, RemoveHead);
    }

    private ulong SetLevel(Irql level)
    {
        var previous = kernel.Threads.Current.Irql;
        kernel.Threads.SetIrql(level);
        return (ulong)previous;
    }

    private ulong RaiseIrql(in ApiCall call)
    {
        if (call.Byte(0) < (byte)kernel.Threads.Current.Irql)
        {
            throw kernel.BugCheck(BugCheckCode.IrqlNotLessOrEqual, [(ulong)kernel.Threads.Current.Irql, call.Byte(0), 0, 0], "the interrupt level is raised to a lower one");
        }

        return SetLevel((Irql)call.Byte(0));
    }

    private void LowerIrql(in ApiCall call)
    {
        if (call.Byte(0) > (byte)kernel.Threads.Current.Irql)
        {
            throw kernel.BugCheck(BugCheckCode.IrqlNotLessOrEqual, [(ulong)kernel.Threads.Current.Irql, call.Byte(0), 0, 0], "the interrupt level is lowered to a higher one");
        }

        kernel.Threads.SetIrql((Irql)call.Byte(0));
    }

    private ulong AcquireSpinLock(in ApiCall call)
    {
        var previous = SetLevel(Irql.Dispatch);
        TakeSpinLock(call, call[0]);
        return previous;
    }

    private void TakeSpinLock(in ApiCall call, ulong spinLock)
    {
        if (kernel.Memory.ReadUInt64(spinLock) != 0)
        {
            throw kernel.Stop("spin-deadlock", $"spin lock 0x{spinLock:x} is acquired a second time: the processor spins for a lock that it holds itself", call.Entry.Name);
        }

        kernel.Memory.WriteUInt64(spinLock, kernel.Threads.Current.Thread | 1);
        kernel.Threads.Current.Locks.Add(new HeldLock("spin lock", spinLock, call.ReturnAddress));
    }

    private void ReleaseSpinLock(in ApiCall call, ulong spinLock, Irql? level)
    {
        if (kernel.Memory.ReadUInt64(spinLock) == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"spin lock 0x{spinLock:x} is released and is not held", call.Entry.Name);
        }

        kernel.Memory.WriteUInt64(spinLock, 0);
        Forget(spinLock);
        if (level is { } previous)
        {
            kernel.Threads.SetIrql(previous);
        }
    }

    private void AcquireQueued(in ApiCall call)
    {
        var previous = SetLevel(Irql.Dispatch);
        kernel.Memory.WriteUInt64(call[1], 0);
        kernel.Memory.WriteUInt64(call[1] + 8, call[0]);
        kernel.Memory.WriteByte(call[1] + 0x10, (byte)previous);
        TakeSpinLock(call, call[0]);
    }

    private void AcquireFastMutex(in ApiCall call, bool raise)
    {
        var (memory, mutex, thread) = (kernel.Memory, call[0], kernel.Threads.Current);
        if (!raise && thread.Irql < Irql.Apc && thread.ApcDisabled == 0)
        {
            kernel.Verifier.Report("apc-enabled", $"{call.Entry.Name} is called without disabling kernel APCs first", call.Entry.Name);
        }

        if (memory.ReadInt32(mutex) <= 0 && memory.ReadUInt64(mutex + FastMutexOwner) == thread.Thread)
        {
            throw kernel.Stop("recursive-lock", $"fast mutex 0x{mutex:x} is acquired a second time by its owner, who waits for itself", call.Entry.Name);
        }

        while (memory.ReadInt32(mutex) <= 0)
        {
            kernel.Dispatcher.WaitFor([mutex + FastMutexEvent], all: false, null);
        }

        memory.WriteUInt32(mutex, 0);
        memory.WriteUInt64(mutex + FastMutexOwner, thread.Thread);
        if (raise)
        {
            memory.WriteUInt32(mutex + FastMutexIrql, (uint)SetLevel(Irql.Apc));
        }

        thread.Locks.Add(new HeldLock("fast mutex", mutex, call.ReturnAddress));
    }

    private ulong TryFastMutex(in ApiCall call)
    {
        if (kernel.Memory.ReadInt32(call[0]) <= 0)
        {
            return 0;
        }

        AcquireFastMutex(call, raise: true);
        return 1;
    }

    private void ReleaseFastMutex(in ApiCall call, bool lower)
    {
        var (memory, mutex) = (kernel.Memory, call[0]);
        if (memory.ReadInt32(mutex) > 0 || memory.ReadUInt64(mutex + FastMutexOwner) != kernel.Threads.Current.Thread)
        {
            kernel.Verifier.Report("lock-not-held", $"fast mutex 0x{mutex:x} is released by a thread that does not hold it", call.Entry.Name);
        }

        memory.WriteUInt32(mutex, 1);
        memory.WriteUInt64(mutex + FastMutexOwner, 0);
        Forget(mutex);
        kernel.Dispatcher.Signal(mutex + FastMutexEvent, 1);
        if (lower)
        {
            kernel.Threads.SetIrql((Irql)memory.ReadUInt32(mutex + FastMutexIrql));
        }
    }

    private void InitializeGuardedMutex(in ApiCall call)
    {
        kernel.Memory.Clear(call[0], 0x38);
        kernel.Memory.WriteUInt32(call[0], 1);
        kernel.Dispatcher.InitializeEvent(call[0] + FastMutexEvent, signalled: false, synchronization: true);
    }

    private void LeaveRegion(in ApiCall call)
    {
        if (--kernel.Threads.Current.ApcDisabled < 0)
        {
            kernel.Verifier.Report("lock-not-held", "a critical region is left that was not entered", call.Entry.Name);
            kernel.Threads.Current.ApcDisabled = 0;
        }

        kernel.Apcs.Deliver();
    }

    // Bit 0 is set for an exclusive owner; the rest counts shared owners.
    private void AcquirePushLock(in ApiCall call, bool exclusive)
    {
        var (memory, pushLock) = (kernel.Memory, call[0]);
        while (memory.ReadUInt64(pushLock) is var state && (state == 1 || (exclusive && state != 0)))
        {
            kernel.Dispatcher.WaitOn(pushLock, "push lock");
        }

        memory.WriteUInt64(pushLock, exclusive ? 1 : memory.ReadUInt64(pushLock) + 2);
        kernel.Threads.Current.Locks.Add(new HeldLock("push lock", pushLock, call.ReturnAddress));
    }

    private void AcquireFilterLock(in ApiCall call, bool exclusive)
    {
        kernel.Threads.Current.ApcDisabled++;
        AcquirePushLock(call, exclusive);
    }

    private void ReleasePushLock(in ApiCall call)
    {
        var state = kernel.Memory.ReadUInt64(call[0]);
        if (state == 0)
        {
            kernel.Verifier.Report("lock-not-held", $"push lock 0x{call[0]:x} is released and is not held", call.Entry.Name);
            return;
        }

        kernel.Memory.WriteUInt64(call[0], state == 1 ? 0 : state - 2);
        Forget(call[0]);
        kernel.Dispatcher.WakeAll(call[0]);
    }

    private ulong Insert(in ApiCall call, bool tail)
    {
        var (memory, head, entry) = (kernel.Memory, call[0], call[1]);
        var previous = tail ? memory.ReadUInt64(head + 8) : head;
        var next = tail ? head : memory.ReadUInt64(head);
        memory.WriteUInt64(entry, next);
        memory.WriteUInt64(entry + 8, previous);
        memory.WriteUInt64(previous, entry);
        memory.WriteUInt64(next + 8, entry);
        var neighbour = tail ? previous : next;
        return neighbour == head ? 0 : neighbour;
    }

    private ulong RemoveHead(in ApiCall call)
    {
        var (memory, head) = (kernel.Memory, call[0]);
        var entry = memory.ReadUInt64(head);
        if (entry == head)
        {
            return 0;
        }

        var next = memory.ReadUInt64(entry);
        memory.WriteUInt64(head, next);
        memory.WriteUInt64(next + 8, head);
        return entry;
    }

    private void Forget(ulong address)
    {
        var locks = kernel.Threads.Current.Locks;
        var index = locks.FindLastIndex(held => held.Address == address);
        if (index >= 0)
        {
            locks.RemoveAt(index);
        }
    }
}
