using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Pool;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>Work items: routines that a system thread runs at PASSIVE_LEVEL.</summary>
internal sealed class WorkItemApis(LabKernel kernel) : IApiFamily
{
    private const ulong ItemBytes = 0x40;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("IoAllocateWorkItem", Irql.Dispatch, AllocateItem);
        table.Void("IoFreeWorkItem", Irql.Dispatch, (in ApiCall call) => kernel.Pool.Free(call[0]));
        table.Void("IoQueueWorkItem", Irql.Dispatch, (in ApiCall call) => QueueIo(call[0], call[1], call[3], extended: false));
        table.Void("IoQueueWorkItemEx", Irql.Dispatch, (in ApiCall call) => QueueIo(call[0], call[1], call[3], extended: true));
        table.Void("ExQueueWorkItem", Irql.Dispatch, QueueSimple);
        table.Add("FltAllocateGenericWorkItem", Irql.Dispatch, AllocateItem);
        table.Void("FltFreeGenericWorkItem", Irql.Dispatch, (in ApiCall call) => kernel.Pool.Free(call[0]));
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

    private void QueueIo(ulong item, ulong routine, ulong context, bool extended)
    {
        var owner = kernel.Memory.ReadUInt64(item);
        kernel.Workers.Queue(() => kernel.Verifier.CallDriver("a work item", routine, extended ? [owner, context, item] : [owner, context]));
    }

    private void QueueSimple(in ApiCall call)
    {
        var routine = kernel.Memory.ReadUInt64(call[0] + 0x10);
        var context = kernel.Memory.ReadUInt64(call[0] + 0x18);
        kernel.Workers.Queue(() => kernel.Verifier.CallDriver("a work item", routine, context));
    }

    private NtStatus QueueFilter(in ApiCall call)
    {
        var (item, owner, routine, context) = (call[0], call[1], call[2], call[4]);
        kernel.Workers.Queue(() => kernel.Verifier.CallDriver("a work item", routine, item, owner, context));
        return NtStatus.Success;
    }
}
