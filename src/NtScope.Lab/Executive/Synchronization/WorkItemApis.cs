using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Work items: routines that a system thread runs at PASSIVE_LEVEL.</summary>
internal sealed class WorkItemApis(LabKernel kernel) : IApiFamily
{
    private const ulong ItemBytes = 0x40;
    private const ulong SimpleItemBytes = 0x20;
    private readonly HashSet<ulong> _queued = [];

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("IoAllocateWorkItem", Irql.Dispatch, AllocateItem);
        table.Void("IoFreeWorkItem", Irql.Dispatch, FreeItem);
        table.Void("IoQueueWorkItem", Irql.Dispatch, (in ApiCall call) => QueueIo(call, extended: false));
        table.Void("IoQueueWorkItemEx", Irql.Dispatch, (in ApiCall call) => QueueIo(call, extended: true));
        table.Void("ExQueueWorkItem", Irql.Dispatch, QueueSimple);
        table.Add("FltAllocateGenericWorkItem", Irql.Dispatch, AllocateItem);
        table.Void("FltFreeGenericWorkItem", Irql.Dispatch, FreeItem);
        table.Status("FltQueueGenericWorkItem", Irql.Dispatch, QueueFilter);
    }

    private ulong AllocateItem(in ApiCall call)
    {
        var item = kernel.Pool.AllocateForDriver(ItemBytes, PoolManager.TagOf("IoWi"), PoolKind.NonPaged, call.ReturnAddress);
        if (item != 0)
        {
            kernel.Memory.WriteUInt64(item, call[0]);
        }

        return item;
    }

    private void FreeItem(in ApiCall call)
    {
        if (_queued.Contains(call[0]))
        {
            throw Invalid(call, "freed before its routine has begun");
        }

        kernel.Pool.Free(call[0]);
    }

    private void QueueIo(in ApiCall call, bool extended)
    {
        var (item, routine, context) = (call[0], call[1], call[3]);
        var owner = kernel.Memory.ReadUInt64(item);
        Queue(call, item, () => extended ? [routine, owner, context, item] : [routine, owner, context]);
    }

    // The item of ExQueueWorkItem is the driver's own memory: what stands there when its turn comes is called.
    private void QueueSimple(in ApiCall call)
    {
        var item = call[0];
        Queue(call, item, () =>
        {
            kernel.Verifier.CheckRange(item, SimpleItemBytes, isWrite: false);
            return [kernel.Memory.ReadUInt64(item + 0x10), kernel.Memory.ReadUInt64(item + 0x18)];
        });
    }

    private NtStatus QueueFilter(in ApiCall call)
    {
        var (item, owner, routine, context) = (call[0], call[1], call[2], call[4]);
        Queue(call, item, () => [routine, item, owner, context]);
        return NtStatus.Success;
    }

    private void Queue(in ApiCall call, ulong item, Func<ulong[]> routineAndArguments)
    {
        if (!_queued.Add(item))
        {
            throw Invalid(call, "queued a second time before its routine has begun");
        }

        kernel.Workers.Queue(() =>
        {
            _queued.Remove(item);
            var work = routineAndArguments();
            kernel.Verifier.CallDriver("a work item", work[0], work.AsSpan(1));
        });
    }

    private MachineStoppedException Invalid(in ApiCall call, string what)
    {
        kernel.Verifier.Report("bad-work-item", $"the work item at 0x{call[0]:x} is {what}", call.Entry.Name);
        return kernel.BugCheck(BugCheckCode.WorkerInvalid, [0, call[0], 0, 0], $"a work item is {what}");
    }
}
