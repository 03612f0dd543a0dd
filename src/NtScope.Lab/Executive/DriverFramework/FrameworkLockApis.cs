using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Spin locks and wait locks.</summary>
internal sealed class FrameworkLockApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfSpinLockCreate", Irql.Dispatch, (in ApiCall call) => Create(call, client => new FrameworkSpinLock(client)));
        table.Void("WdfSpinLockAcquire", Irql.Dispatch, AcquireSpinLock);
        table.Void("WdfSpinLockRelease", Irql.Dispatch, ReleaseSpinLock);
        table.Status("WdfWaitLockCreate", Irql.Dispatch, (in ApiCall call) => Create(call, NewWaitLock));
        table.Status("WdfWaitLockAcquire", Irql.Dispatch, AcquireWaitLock);
        table.Void("WdfWaitLockRelease", Irql.Dispatch, ReleaseWaitLock);
    }

    private NtStatus Create(in ApiCall call, Func<FrameworkClient, FrameworkObject> make)
    {
        var client = kernel.Framework.ClientOf(call);
        var status = Objects.Begin(call, 1, client.Driver, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var item = make(client);
        status = Objects.Add(item, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[2], item.Handle);
        return status;
    }

    private FrameworkWaitLock NewWaitLock(FrameworkClient client)
    {
        var signal = kernel.Pool.Allocate(FrameworkLayout.EventBytes, "FxEv");
        kernel.Dispatcher.InitializeEvent(signal, signalled: true, synchronization: true);
        return new FrameworkWaitLock(client, signal) { Destroyed = () => kernel.Pool.Free(signal) };
    }

    private void AcquireSpinLock(in ApiCall call)
    {
        var item = Objects.Get<FrameworkSpinLock>(call, 1);
        if (item.Owner is not null)
        {
            kernel.Verifier.Report("spin-deadlock", $"WDFSPINLOCK 0x{item.Handle:x} is acquired a second time", call.Entry.Name);
            throw kernel.Stop("deadlock", "a processor spins for a lock that it holds itself", call.Entry.Name);
        }

        var thread = kernel.Threads.Current;
        (item.Owner, item.Previous) = (thread, thread.Irql);
        thread.Irql = thread.Irql < Irql.Dispatch ? Irql.Dispatch : thread.Irql;
        thread.Locks.Add(new HeldLock("WDFSPINLOCK", item.Handle, call.ReturnAddress));
    }

    private void ReleaseSpinLock(in ApiCall call)
    {
        var item = Objects.Get<FrameworkSpinLock>(call, 1);
        if (item.Owner is null)
        {
            kernel.Verifier.Report("lock-not-held", $"WDFSPINLOCK 0x{item.Handle:x} is released and is not held", call.Entry.Name);
            return;
        }

        item.Owner = null;
        Forget(item.Handle);
        kernel.Threads.SetIrql(item.Previous);
    }

    // A time-out of no time may be asked for at DISPATCH_LEVEL.
    private NtStatus AcquireWaitLock(in ApiCall call)
    {
        var item = Objects.Get<FrameworkWaitLock>(call, 1);
        var thread = kernel.Threads.Current;
        long? timeout = call[2] == 0 ? null : kernel.Memory.ReadInt64(call[2]);
        if (timeout != 0 && thread.Irql > Irql.Passive)
        {
            kernel.Verifier.Report("irql", $"WdfWaitLockAcquire is called at IRQL {(int)thread.Irql}; with a time-out other than 0 it may be called at 0", call.Entry.Name);
        }

        if (item.Owner == thread)
        {
            kernel.Verifier.Report("recursive-lock", $"WDFWAITLOCK 0x{item.Handle:x} is acquired a second time by its owner", call.Entry.Name);
            throw kernel.Stop("deadlock", "a thread waits for a wait lock that it holds itself", call.Entry.Name);
        }

        var status = kernel.Dispatcher.WaitFor([item.Event], all: false, timeout);
        if (status == NtStatus.Success)
        {
            item.Owner = thread;
            thread.ApcDisabled++;
            thread.Locks.Add(new HeldLock("WDFWAITLOCK", item.Handle, call.ReturnAddress));
        }

        return status;
    }

    private void ReleaseWaitLock(in ApiCall call)
    {
        var item = Objects.Get<FrameworkWaitLock>(call, 1);
        var thread = kernel.Threads.Current;
        if (item.Owner != thread)
        {
            kernel.Verifier.Report("lock-not-held", $"WDFWAITLOCK 0x{item.Handle:x} is released by a thread that does not hold it", call.Entry.Name);
            return;
        }

        item.Owner = null;
        thread.ApcDisabled--;
        kernel.Apcs.Deliver();
        Forget(item.Handle);
        kernel.Dispatcher.Signal(item.Event, 1);
    }

    private void Forget(ulong handle) => kernel.Threads.Current.Locks.RemoveAll(held => held.Address == handle);
}
