using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>APCs and alerts.</summary>
internal sealed class ApcApis(LabKernel kernel) : IApiFamily
{
    private const byte ApcObject = 18;
    private const byte ApcBytes = 0x58;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("KeInitializeApc", Irql.High, Initialize);
        table.Add("KeInsertQueueApc", Irql.Dispatch, Insert);
        table.Add("KeRemoveQueueApc", Irql.Dispatch, (in ApiCall call) => kernel.Apcs.Remove(call[0]) ? 1UL : 0);
        table.Add("KeAlertThread", Irql.Dispatch, (in ApiCall call) => kernel.Apcs.Alert(call[0], call.Byte(1) & 1) ? 1UL : 0);
        table.Add("KeTestAlertThread", Irql.Dispatch, (in ApiCall call) => kernel.Apcs.TestAlert(call.Byte(0) & 1) ? 1UL : 0);
        table.Status("ZwAlertThread", Irql.Passive, AlertHandle);
    }

    // Of an APC with a routine only the mode and the context count.
    private void Initialize(in ApiCall call)
    {
        var apc = call[0];
        _memory.Clear(apc, ApcBytes);
        _memory.WriteByte(apc, ApcObject);
        _memory.WriteByte(apc + 2, ApcBytes);
        _memory.WriteUInt64(apc + 0x08, call[1]);
        _memory.WriteUInt64(apc + 0x20, call[3]);
        _memory.WriteUInt64(apc + 0x28, call[4]);
        _memory.WriteUInt64(apc + 0x30, call[5]);
        _memory.WriteByte(apc + 0x50, call.Byte(2));
        if (call[5] != 0)
        {
            _memory.WriteUInt64(apc + 0x38, call[7]);
            _memory.WriteByte(apc + 0x51, call.Byte(6));
        }
    }

    private ulong Insert(in ApiCall call)
    {
        var apc = call[0];
        if (_memory.ReadByte(apc) != ApcObject || _memory.ReadUInt64(apc + 0x20) == 0)
        {
            kernel.Verifier.Report("bad-apc", $"0x{apc:x} is queued and is no APC: KeInitializeApc was not called for it", call.Entry.Name);
            return 0;
        }

        if (_memory.ReadByte(apc + 0x52) == 0)
        {
            _memory.WriteUInt64(apc + 0x40, call[1]);
            _memory.WriteUInt64(apc + 0x48, call[2]);
        }

        return kernel.Apcs.Insert(apc) ? 1UL : 0;
    }

    private NtStatus AlertHandle(in ApiCall call)
    {
        if (kernel.Objects.FindHandle(call[0])?.Object is not { Kind: ObjectKind.Thread } thread)
        {
            return NtStatus.InvalidHandle;
        }

        kernel.Apcs.Alert(thread.Address, mode: 0);
        return NtStatus.Success;
    }
}
