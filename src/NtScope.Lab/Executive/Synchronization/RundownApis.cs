using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Run-down protection and remove locks: counts of users that whoever takes something away waits for.</summary>
internal sealed class RundownApis(LabKernel kernel) : IApiFamily
{
    private const ulong Active = 1;
    private const ulong One = 2;
    private const ulong LockRemoved = 0;
    private const ulong LockCount = 4;
    private const ulong LockEvent = 8;
    private readonly Dictionary<ulong, ulong> _waits = [];

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("ExInitializeRundownProtection", Irql.Apc, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], 0));
        table.Alias("ExInitializeRundownProtection", "ExReInitializeRundownProtection");
        table.Add("ExAcquireRundownProtection", Irql.Dispatch, (in ApiCall call) => Acquire(call[0], 1));
        table.Add("ExAcquireRundownProtectionEx", Irql.Dispatch, (in ApiCall call) => Acquire(call[0], call.UInt32(1)));
        table.Void("ExReleaseRundownProtection", Irql.Dispatch, (in ApiCall call) => Release(call, 1));
        table.Void("ExReleaseRundownProtectionEx", Irql.Dispatch, (in ApiCall call) => Release(call, call.UInt32(1)));
        table.Void("ExWaitForRundownProtectionRelease", Irql.Apc, Wait);
        table.Void("ExRundownCompleted", Irql.Apc, (in ApiCall call) => kernel.Memory.WriteUInt64(call[0], Active));
        table.Void("IoInitializeRemoveLockEx", Irql.Passive, InitializeLock);
        table.Status("IoAcquireRemoveLockEx", Irql.Dispatch, AcquireLock);
        table.Void("IoReleaseRemoveLockEx", Irql.Dispatch, (in ApiCall call) => ReleaseLock(call));
        table.Void("IoReleaseRemoveLockAndWaitEx", Irql.Passive, ReleaseLockAndWait);
    }

    private ulong Acquire(ulong reference, uint count)
    {
        var state = kernel.Memory.ReadUInt64(reference);
        if ((state & Active) != 0)
        {
            return 0;
        }

        kernel.Memory.WriteUInt64(reference, state + (count * One));
        return 1;
    }

    private void Release(in ApiCall call, uint count)
    {
        var state = kernel.Memory.ReadUInt64(call[0]);
        if (state < count * One)
        {
            kernel.Verifier.Report("lock-not-held", "run-down protection is released that was not acquired", call.Entry.Name);
            return;
        }

        state -= count * One;
        kernel.Memory.WriteUInt64(call[0], state);
        if (state == Active && _waits.TryGetValue(call[0], out var signal))
        {
            kernel.Dispatcher.Signal(signal, 1);
        }
    }

    private void Wait(in ApiCall call)
    {
        var reference = call[0];
        var state = kernel.Memory.ReadUInt64(reference) | Active;
        kernel.Memory.WriteUInt64(reference, state);
        if (state == Active)
        {
            return;
        }

        var signal = kernel.Pool.Allocate(0x18, "ExRd");
        kernel.Dispatcher.InitializeEvent(signal);
        _waits[reference] = signal;
        kernel.Dispatcher.WaitFor([signal], all: false, null);
        _waits.Remove(reference);
        kernel.Pool.Free(signal);
    }

    private void InitializeLock(in ApiCall call)
    {
        kernel.Memory.Clear(call[0], 0x20);
        kernel.Memory.WriteUInt32(call[0] + LockCount, 1);
        kernel.Dispatcher.InitializeEvent(call[0] + LockEvent, signalled: false, synchronization: true);
    }

    private NtStatus AcquireLock(in ApiCall call)
    {
        if (kernel.Memory.ReadByte(call[0] + LockRemoved) != 0)
        {
            return NtStatus.DeletePending;
        }

        kernel.Memory.WriteUInt32(call[0] + LockCount, kernel.Memory.ReadUInt32(call[0] + LockCount) + 1);
        return NtStatus.Success;
    }

    private void ReleaseLock(in ApiCall call)
    {
        var count = kernel.Memory.ReadInt32(call[0] + LockCount) - 1;
        if (count < 0)
        {
            kernel.Verifier.Report("lock-not-held", "a remove lock is released that is not held", call.Entry.Name);
            return;
        }

        kernel.Memory.WriteUInt32(call[0] + LockCount, (uint)count);
        if (count == 0)
        {
            kernel.Dispatcher.Signal(call[0] + LockEvent, 1);
        }
    }

    // The caller's own hold goes, and the one that the lock was made with.
    private void ReleaseLockAndWait(in ApiCall call)
    {
        kernel.Memory.WriteByte(call[0] + LockRemoved, 1);
        ReleaseLock(call);
        ReleaseLock(call);
        if (kernel.Memory.ReadInt32(call[0] + LockCount) > 0)
        {
            kernel.Dispatcher.WaitFor([call[0] + LockEvent], all: false, null);
        }
    }
}
