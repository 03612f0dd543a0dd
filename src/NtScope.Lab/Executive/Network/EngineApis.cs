using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.Network;

/// <summary>Fwpm routines: sessions of the filter engine, and what they manage. Layouts are those of fwpmtypes.h.</summary>
internal sealed class EngineApis(LabKernel kernel) : IApiFamily
{
    private const uint DynamicSession = 1;
    private readonly FilterReader _reader = new(kernel);
    private uint _unnamed;

    private FilterEngine Engine => kernel.Network;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("FwpmEngineOpen0", Irql.Passive, Open);
        table.Status("FwpmEngineClose0", Irql.Passive, (in ApiCall call) =>
        {
            Engine.Close(Session(call));
            return NtStatus.Success;
        });
        table.Status("FwpmTransactionBegin0", Irql.Passive, (in ApiCall call) => Engine.Begin(Session(call)));
        table.Status("FwpmTransactionCommit0", Irql.Passive, (in ApiCall call) => Engine.End(Session(call), isCommitted: true));
        table.Status("FwpmTransactionAbort0", Irql.Passive, (in ApiCall call) => Engine.End(Session(call), isCommitted: false));
        table.Status("FwpmProviderAdd0", Irql.Passive, (in ApiCall call) => Add(call, EngineObjectKind.Provider, 0, Guid.Empty, null));
        table.Status("FwpmSubLayerAdd0", Irql.Passive, (in ApiCall call) =>
            Add(call, EngineObjectKind.SubLayer, kernel.Memory.ReadUInt16(call[1] + 0x40), ReadOptionalKey(call[1] + 0x28), null));
        table.Status("FwpmCalloutAdd0", Irql.Passive, AddCallout);
        table.Status("FwpmFilterAdd0", Irql.Passive, AddFilter);
        table.Status("FwpmProviderDeleteByKey0", Irql.Passive, (in ApiCall call) => DeleteByKey(call, EngineObjectKind.Provider));
        table.Status("FwpmSubLayerDeleteByKey0", Irql.Passive, (in ApiCall call) => DeleteByKey(call, EngineObjectKind.SubLayer));
        table.Status("FwpmCalloutDeleteByKey0", Irql.Passive, (in ApiCall call) => DeleteByKey(call, EngineObjectKind.Callout));
        table.Status("FwpmFilterDeleteByKey0", Irql.Passive, (in ApiCall call) => DeleteByKey(call, EngineObjectKind.Filter));
        table.Status("FwpmCalloutDeleteById0", Irql.Passive, (in ApiCall call) => DeleteById(call, EngineObjectKind.Callout, call.UInt32(1)));
        table.Status("FwpmFilterDeleteById0", Irql.Passive, (in ApiCall call) => DeleteById(call, EngineObjectKind.Filter, call[1]));
    }

    private NtStatus Open(in ApiCall call)
    {
        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress) || Engine.Sessions.Count >= LabLimits.Handles)
        {
            return NtStatus.InsufficientResources;
        }

        var isDynamic = call[3] != 0 && (kernel.Memory.ReadUInt32(call[3] + 0x20) & DynamicSession) != 0;
        kernel.Memory.WriteUInt64(call[4], Engine.Open(isDynamic, kernel.Drivers.At(call.ReturnAddress)));
        return NtStatus.Success;
    }

    private EngineSession Session(in ApiCall call)
    {
        if (Engine.FindSession(call[0]) is { } session)
        {
            return session;
        }

        kernel.Verifier.Report("bad-handle", $"0x{call[0]:x} is no open handle of the filter engine", call.Entry.Name);
        throw new GuestException(NtStatus.InvalidHandle);
    }

    private Guid ReadKey(ulong address) => new(kernel.Memory.Span(address, 16));

    private Guid ReadOptionalKey(ulong place) => kernel.Memory.ReadUInt64(place) is var address && address != 0 ? ReadKey(address) : Guid.Empty;

    private NtStatus AddCallout(in ApiCall call)
    {
        _reader.LayerOf(ReadKey(call[1] + 0x40), call.Entry.Name);
        var id = Engine.CalloutIdOf(ReadKey(call[1]));
        var status = Add(call, EngineObjectKind.Callout, id, ReadOptionalKey(call[1] + 0x28), null);
        if (status == NtStatus.Success && call[3] != 0)
        {
            kernel.Memory.WriteUInt32(call[3], id);
        }

        return status;
    }

    private NtStatus AddFilter(in ApiCall call)
    {
        var id = Engine.TakeFilterId();
        var status = _reader.Read(call[1], id, call.Entry.Name, out var filter);
        status = status == NtStatus.Success ? Add(call, EngineObjectKind.Filter, id, ReadOptionalKey(call[1] + 0x28), filter) : status;
        if (status == NtStatus.Success && call[3] != 0)
        {
            kernel.Memory.WriteUInt64(call[3], id);
        }

        return status;
    }

    private NtStatus Add(in ApiCall call, EngineObjectKind kind, ulong number, Guid provider, NetworkFilter? filter)
    {
        var (session, item) = (Session(call), call[1]);
        if (kernel.Memory.ReadUInt64(item + 0x10) is var name && name == 0)
        {
            return NtStatus.FwpNullDisplayName;
        }

        if (kernel.Faults.ShouldFail(call.Entry.Name, call.ReturnAddress))
        {
            return NtStatus.InsufficientResources;
        }

        // Who names no key gets one.
        var key = ReadKey(item);
        key = key != Guid.Empty ? key : new Guid(++_unnamed, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)kind);
        return Engine.Add(session, new EngineObject(
            kind, key, kernel.Memory.ReadString(name), number, provider, filter, session.IsDynamic ? session.Handle : 0, kernel.Drivers.At(call.ReturnAddress)) { Origin = kernel.Traces.Capture() });
    }

    private NtStatus DeleteByKey(in ApiCall call, EngineObjectKind kind)
    {
        var key = ReadKey(call[1]);
        return Engine.Delete(Session(call), kind, item => item.Key == key);
    }

    private NtStatus DeleteById(in ApiCall call, EngineObjectKind kind, ulong number) => Engine.Delete(Session(call), kind, item => item.Number == number);
}
