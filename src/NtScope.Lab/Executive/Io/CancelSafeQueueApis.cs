using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Io;

/// <summary>
/// Cancel-safe queues: the driver keeps the IRPs, the executive deals with cancelling. An IRP in a queue holds its queue, or its
/// IO_CSQ_IRP_CONTEXT, in the last pointer of its driver context (wdm.h).
/// </summary>
internal sealed class CancelSafeQueueApis(LabKernel kernel) : IApiFamily
{
    private const string CancelRoutine = "IopCsqCancelRoutine";
    private const uint ContextType = 1;
    private const uint QueueType = 2;
    private const uint ExtendedQueueType = 3;
    private const ulong InsertRoutine = 0x08;
    private const ulong RemoveRoutine = 0x10;
    private const ulong PeekRoutine = 0x18;
    private const ulong AcquireRoutine = 0x20;
    private const ulong ReleaseRoutine = 0x28;
    private const ulong CompleteRoutine = 0x30;
    private const ulong Reserved = 0x38;
    private const ulong ContextIrp = 0x08;
    private const ulong ContextQueue = 0x10;
    private const ulong IrpOwner = IoLayout.IrpDriverContext + (3 * sizeof(ulong));
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("IoCsqInitialize", Irql.Dispatch, (in ApiCall call) => Initialize(call, QueueType));
        table.Status("IoCsqInitializeEx", Irql.Dispatch, (in ApiCall call) => Initialize(call, ExtendedQueueType));
        table.Void("IoCsqInsertIrp", Irql.Dispatch, (in ApiCall call) => Insert(call, 0));
        table.Status("IoCsqInsertIrpEx", Irql.Dispatch, (in ApiCall call) => Insert(call, call[3]));
        table.Add("IoCsqRemoveIrp", Irql.Dispatch, Remove);
        table.Add("IoCsqRemoveNextIrp", Irql.Dispatch, RemoveNext);
        table.Void(CancelRoutine, Irql.Dispatch, Cancel);
    }

    private NtStatus Initialize(in ApiCall call, uint type)
    {
        _memory.WriteUInt32(call[0], type);
        for (var index = 1; index <= 6; index++)
        {
            _memory.WriteUInt64(call[0] + ((ulong)index * sizeof(ulong)), call[index]);
        }

        _memory.WriteUInt64(call[0] + Reserved, 0);
        return NtStatus.Success;
    }

    private NtStatus Insert(in ApiCall call, ulong insertContext)
    {
        var (queue, irp, context) = (Checked(call, call[0]), call[1], call[2]);
        if (context != 0)
        {
            _memory.WriteUInt32(context, ContextType);
            _memory.WriteUInt64(context + ContextIrp, irp);
            _memory.WriteUInt64(context + ContextQueue, queue);
        }

        _memory.WriteUInt64(irp + IrpOwner, context != 0 ? context : queue);
        var level = Acquire(call, queue);
        var isExtended = _memory.ReadUInt32(queue) == ExtendedQueueType;
        var inserted = (NtStatus)(uint)Call(queue, InsertRoutine, "CsqInsertIrp", queue, irp, insertContext);
        if (isExtended && (int)inserted < 0)
        {
            Forget(irp, context);
            Release(queue, level);
            return inserted;
        }

        kernel.Requests.MarkPending(irp);
        if (_memory.ReadByte(irp + IoLayout.IrpCancel) != 0)
        {
            // It was cancelled before it could be: nobody else will.
            Call(queue, RemoveRoutine, "CsqRemoveIrp", queue, irp);
            Forget(irp, context);
            Release(queue, level);
            Call(queue, CompleteRoutine, "CsqCompleteCanceledIrp", queue, irp);
        }
        else
        {
            _memory.WriteUInt64(irp + IoLayout.IrpCancelRoutine, kernel.Traps.AddressOf(kernel.Apis.Find(CancelRoutine)!));
            Release(queue, level);
        }

        return isExtended ? inserted : NtStatus.Success;
    }

    private ulong Remove(in ApiCall call)
    {
        var (queue, context) = (Checked(call, call[0]), call[1]);
        var level = Acquire(call, queue);
        var irp = _memory.ReadUInt64(context + ContextIrp);
        if (irp != 0 && TakeCancelRoutine(irp))
        {
            Call(queue, RemoveRoutine, "CsqRemoveIrp", queue, irp);
            Forget(irp, context);
        }
        else
        {
            irp = 0;
        }

        Release(queue, level);
        return irp;
    }

    private ulong RemoveNext(in ApiCall call)
    {
        var (queue, peekContext) = (Checked(call, call[0]), call[1]);
        var level = Acquire(call, queue);
        var irp = Call(queue, PeekRoutine, "CsqPeekNextIrp", queue, 0, peekContext);

        // One without a cancel routine is being cancelled: it belongs to who cancels it.
        while (irp != 0 && !TakeCancelRoutine(irp))
        {
            irp = Call(queue, PeekRoutine, "CsqPeekNextIrp", queue, irp, peekContext);
        }

        if (irp != 0)
        {
            Call(queue, RemoveRoutine, "CsqRemoveIrp", queue, irp);
            var owner = _memory.ReadUInt64(irp + IrpOwner);
            Forget(irp, owner == queue ? 0 : owner);
        }

        Release(queue, level);
        return irp;
    }

    private void Cancel(in ApiCall call)
    {
        var irp = call[1];
        kernel.Requests.ReleaseCancelLock((Irql)_memory.ReadByte(irp + IoLayout.IrpCancelIrql), call.Entry.Name);
        var owner = _memory.ReadUInt64(irp + IrpOwner);
        var context = _memory.ReadUInt32(owner) == ContextType ? owner : 0;
        var queue = Checked(call, context == 0 ? owner : _memory.ReadUInt64(context + ContextQueue));
        var level = Acquire(call, queue);
        Call(queue, RemoveRoutine, "CsqRemoveIrp", queue, irp);
        Forget(irp, context);
        Release(queue, level);
        Call(queue, CompleteRoutine, "CsqCompleteCanceledIrp", queue, irp);
    }

    private ulong Checked(in ApiCall call, ulong queue)
    {
        if (_memory.ReadUInt32(queue) is QueueType or ExtendedQueueType)
        {
            return queue;
        }

        kernel.Verifier.Report("bad-queue", $"0x{queue:x} is used as a cancel-safe queue and is none: IoCsqInitialize was not called for it", call.Entry.Name);
        throw kernel.BugCheck(BugCheckCode.SystemServiceException, [(uint)NtStatus.AccessViolation, 0, 8, 0], "the routines of a queue that was not initialised are called");
    }

    // The driver's lock may raise the level and keep a lock: these two calls are not checked one by one. The saved level lies in the place that
    // the caller left for the first argument, which is the callee's.
    private ulong Acquire(in ApiCall call, ulong queue)
    {
        var level = call.StackAddress(0);
        _memory.WriteUInt64(level, (ulong)kernel.Threads.Current.Irql);
        kernel.Executor.Call(_memory.ReadUInt64(queue + AcquireRoutine), queue, level);
        return level;
    }

    private void Release(ulong queue, ulong level) =>
        kernel.Executor.Call(_memory.ReadUInt64(queue + ReleaseRoutine), queue, _memory.ReadByte(level));

    private ulong Call(ulong queue, ulong routine, string what, params ReadOnlySpan<ulong> arguments) =>
        kernel.Verifier.CallDriver(what, _memory.ReadUInt64(queue + routine), arguments);

    private bool TakeCancelRoutine(ulong irp)
    {
        var isSet = _memory.ReadUInt64(irp + IoLayout.IrpCancelRoutine) != 0;
        _memory.WriteUInt64(irp + IoLayout.IrpCancelRoutine, 0);
        return isSet;
    }

    private void Forget(ulong irp, ulong context)
    {
        _memory.WriteUInt64(irp + IrpOwner, 0);
        if (context != 0)
        {
            _memory.WriteUInt64(context + ContextIrp, 0);
        }
    }
}
