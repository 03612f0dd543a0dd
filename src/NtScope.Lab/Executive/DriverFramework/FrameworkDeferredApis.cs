using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>DPCs and work items.</summary>
internal sealed class FrameworkDeferredApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfDpcCreate", Irql.Dispatch, CreateDpc);
        table.Add("WdfDpcEnqueue", Irql.High, EnqueueDpc);
        table.Add("WdfDpcCancel", Irql.Dispatch, (in ApiCall call) => CancelDpc(Objects.Get<FrameworkDpc>(call, 1)) ? 1UL : 0);
        table.Add("WdfDpcGetParentObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkDpc>(call, 1).Parent!.Handle);
        table.Status("WdfWorkItemCreate", Irql.Dispatch, CreateWorkItem);
        table.Void("WdfWorkItemEnqueue", Irql.Dispatch, (in ApiCall call) => Enqueue(Objects.Get<FrameworkWorkItem>(call, 1)));
        table.Void("WdfWorkItemFlush", Irql.Passive, (in ApiCall call) => Flush(Objects.Get<FrameworkWorkItem>(call, 1)));
        table.Add("WdfWorkItemGetParentObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkWorkItem>(call, 1).Parent!.Handle);
    }

    // Both have a routine and whether it is serialized, and must have a parent.
    private NtStatus Begin(in ApiCall call, out ObjectSetup setup, out ulong routine, out bool isSerialized)
    {
        var (memory, config) = (kernel.Memory, call[1]);
        (setup, routine, isSerialized) = (default, 0, false);
        if (memory.ReadUInt32(config) < FrameworkLayout.DeferredConfigBytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        routine = memory.ReadUInt64(config + FrameworkLayout.DeferredConfigRoutine);
        isSerialized = memory.ReadByte(config + FrameworkLayout.DeferredConfigSerialization) != 0;
        return routine == 0 ? NtStatus.InvalidParameter : Objects.Begin(call, 2, null, takesParent: true, out setup);
    }

    private NtStatus CreateDpc(in ApiCall call)
    {
        var status = Begin(call, out var setup, out var routine, out var isSerialized);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if (isSerialized && setup.Parent.EffectiveLevel == ExecutionLevel.Passive && FrameworkCallbacks.OwnerOf(setup.Parent) is not null)
        {
            return NtStatus.WdfIncompatibleExecutionLevel;
        }

        var dpc = new FrameworkDpc(kernel.Framework.ClientOf(call), routine, isSerialized);
        dpc.Disposing = () => CancelDpc(dpc);
        status = Objects.Add(dpc, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[3], dpc.Handle);
        return status;
    }

    private ulong EnqueueDpc(in ApiCall call)
    {
        var dpc = Objects.Get<FrameworkDpc>(call, 1);
        if (dpc.IsQueued)
        {
            return 0;
        }

        dpc.IsQueued = true;
        kernel.DeferredCalls.Queue(dpc.Handle, () =>
        {
            dpc.IsQueued = false;
            Call(dpc, dpc.IsSerialized, "EvtDpcFunc", dpc.Routine);
        });
        return 1;
    }

    private bool CancelDpc(FrameworkDpc dpc)
    {
        dpc.IsQueued = false;
        return kernel.DeferredCalls.Remove(dpc.Handle);
    }

    private NtStatus CreateWorkItem(in ApiCall call)
    {
        var status = Begin(call, out var setup, out var routine, out var isSerialized);
        if (status != NtStatus.Success)
        {
            return status;
        }

        if (isSerialized && setup.Parent.EffectiveLevel != ExecutionLevel.Passive && FrameworkCallbacks.OwnerOf(setup.Parent) is not null)
        {
            return NtStatus.WdfIncompatibleExecutionLevel;
        }

        var item = new FrameworkWorkItem(kernel.Framework.ClientOf(call), routine, isSerialized);
        item.Disposing = () => Flush(item);
        status = Objects.Add(item, setup.Attributes, setup.Parent);
        kernel.Memory.WriteUInt64(call[3], item.Handle);
        return status;
    }

    private void Enqueue(FrameworkWorkItem item)
    {
        if (item.IsQueued)
        {
            return;
        }

        item.IsQueued = true;
        kernel.Workers.Queue(() => Run(item));
    }

    private void Run(FrameworkWorkItem item)
    {
        if (Objects.Find(item.Handle) is null)
        {
            return;
        }

        item.IsQueued = false;
        item.IsRunning = true;
        try
        {
            Call(item, item.IsSerialized, "EvtWorkItem", item.Routine);
        }
        finally
        {
            item.IsRunning = false;
        }

        foreach (var signal in item.DoneEvents)
        {
            kernel.Dispatcher.Signal(signal, 1);
        }

        item.DoneEvents.Clear();
    }

    // An item that deletes itself does not wait for itself; what cannot wait lets the item run on.
    private void Flush(FrameworkWorkItem item)
    {
        if (item.IsQueued && !item.IsRunning && kernel.Threads.Current.Irql < Irql.Dispatch)
        {
            var signal = kernel.Framework.NewEvent();
            item.DoneEvents.Add(signal);
            kernel.Dispatcher.WaitFor([signal], all: false, null);
            kernel.Pool.Free(signal);
        }
    }

    private void Call(FrameworkObject item, bool isSerialized, string what, ulong routine)
    {
        if (isSerialized)
        {
            kernel.Framework.Callbacks.Call(item.Parent!, what, routine, item.Handle);
        }
        else
        {
            kernel.Verifier.CallDriver(what, routine, item.Handle);
        }
    }
}
