using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Network;

/// <summary>Fwps routines: callouts, contexts of flows, injection handles.</summary>
internal sealed class CalloutApis(LabKernel kernel) : IApiFamily
{
    private const ulong NotInjected = 0;

    private FilterEngine Engine => kernel.Network;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FwpsCalloutRegister0", Irql.Passive, (in ApiCall call) => RegisterCallout(call, 0));
        table.Status("FwpsCalloutRegister1", Irql.Passive, (in ApiCall call) => RegisterCallout(call, 1));
        table.Status("FwpsCalloutRegister2", Irql.Passive, (in ApiCall call) => RegisterCallout(call, 2));
        table.Status("FwpsCalloutRegister3", Irql.Passive, (in ApiCall call) => RegisterCallout(call, 3));
        table.Status("FwpsCalloutUnregisterById0", Irql.Passive, (in ApiCall call) => Engine.Unregister(Engine.FindCallout(call.UInt32(0))));
        table.Status("FwpsCalloutUnregisterByKey0", Irql.Passive, (in ApiCall call) => Engine.Unregister(Engine.FindCallout(ReadKey(call[0]))));
        table.Status("FwpsFlowAssociateContext0", Irql.Dispatch, Associate);
        table.Status("FwpsFlowRemoveContext0", Irql.Dispatch, (in ApiCall call) => Engine.RemoveContext(call[0], call.UInt16(1), call.UInt32(2)));
        table.Status("FwpsInjectionHandleCreate0", Irql.Passive, CreateInjection);
        table.Status("FwpsInjectionHandleDestroy0", Irql.Passive, DestroyInjection);
        table.Add("FwpsQueryPacketInjectionState0", Irql.Dispatch, QueryInjection);
    }

    private Guid ReadKey(ulong address) => new(kernel.Memory.Span(address, 16));

    private NtStatus RegisterCallout(in ApiCall call, int version)
    {
        var (device, callout, id) = (kernel.Objects.Get(call[0]), call[1], call[2]);
        var memory = kernel.Memory;
        var (classify, notify) = (memory.ReadUInt64(callout + 0x18), memory.ReadUInt64(callout + 0x20));
        if (device.Kind != ObjectKind.Device || classify == 0 || notify == 0)
        {
            return NtStatus.InvalidParameter;
        }

        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        var key = ReadKey(callout);
        var made = new NetworkCallout(
            Engine.CalloutIdOf(key), key, version, memory.ReadUInt32(callout + 0x10), classify, notify, memory.ReadUInt64(callout + 0x28), kernel.Drivers.At(call.ReturnAddress)) { Origin = kernel.Traces.Capture() };
        var status = Engine.Register(made);
        if (status == NtStatus.Success && id != 0)
        {
            memory.WriteUInt32(id, made.Id);
        }

        return status;
    }

    private NtStatus Associate(in ApiCall call)
    {
        var (layer, callout, context) = (call.UInt16(1), call.UInt32(2), call[3]);
        if (context == 0 || Engine.FindFlow(call[0]) is not { } flow || Engine.FindCallout(callout) is not { } known)
        {
            return NtStatus.InvalidParameter;
        }

        if (known.FlowDelete == 0)
        {
            kernel.Verifier.Report("flow-context-left", "a callout without a flow delete routine keeps a context for a flow, which it will not be told the end of", call.Entry.Name);
        }

        return flow.Contexts.TryAdd((layer, callout), context) ? NtStatus.Success : NtStatus.ObjectNameExists;
    }

    private NtStatus CreateInjection(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress) || Engine.Injections.Count >= LabLimits.Handles)
        {
            return NtStatus.InsufficientResources;
        }

        kernel.Memory.WriteUInt64(call[2], Engine.CreateInjection(kernel.Drivers.At(call.ReturnAddress)));
        return NtStatus.Success;
    }

    private NtStatus DestroyInjection(in ApiCall call)
    {
        if (Engine.DestroyInjection(call[0]))
        {
            return NtStatus.Success;
        }

        kernel.Verifier.Report("bad-handle", $"0x{call[0]:x} is no injection handle", call.Entry.Name);
        return NtStatus.InvalidHandle;
    }

    // Nothing can be injected, so no packet was.
    private ulong QueryInjection(in ApiCall call)
    {
        if (!Engine.Injections.ContainsKey(call[0]))
        {
            kernel.Verifier.Report("bad-handle", $"0x{call[0]:x} is no injection handle", call.Entry.Name);
        }

        if (call[2] != 0)
        {
            kernel.Memory.WriteUInt64(call[2], 0);
        }

        return NotInjected;
    }
}
