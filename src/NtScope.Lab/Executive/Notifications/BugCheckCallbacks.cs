using NtScope.Lab.Cpu;
using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Notifications;

/// <summary>
/// Routines that are called when the system stops, in records of the drivers' own: <c>KBUGCHECK_CALLBACK_RECORD</c> and
/// <c>KBUGCHECK_REASON_CALLBACK_RECORD</c> (wdm.h). They run at HIGH_LEVEL with a budget of their own.
/// </summary>
internal sealed class BugCheckCallbacks(LabKernel kernel) : IApiFamily
{
    private const ulong Routine = 0x10;
    private const byte Empty = 0;
    private const byte Inserted = 1;
    private const byte Started = 2;
    private const byte Finished = 3;
    private const uint SecondaryDumpData = 2;
    private const uint AddPages = 4;
    private const uint SecondaryDumpBytes = 0x20_0000;
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Add("KeRegisterBugCheckCallback", Irql.High, RegisterCallback);
        table.Add("KeDeregisterBugCheckCallback", Irql.High, (in ApiCall call) => Deregister(SystemEvent.BugCheck, call[0]));
        table.Add("KeRegisterBugCheckReasonCallback", Irql.High, RegisterReasonCallback);
        table.Add("KeDeregisterBugCheckReasonCallback", Irql.High, (in ApiCall call) => Deregister(SystemEvent.BugCheckReason, call[0]));
    }

    /// <summary>Calls all routines: the machine has stopped. What they do wrong is found and keeps no other from being called.</summary>
    public void Notify(uint code)
    {
        SystemCallback[] registered = [.. kernel.SystemCallbacks.Of(SystemEvent.BugCheck), .. kernel.SystemCallbacks.Of(SystemEvent.BugCheckReason)];
        if (registered.Length == 0)
        {
            return;
        }

        var thread = kernel.Threads.Current;
        var (level, registers) = (thread.Irql, kernel.Cpu.CreateContext());
        kernel.Cpu.SaveContext(registers);
        try
        {
            foreach (var callback in registered)
            {
                thread.Irql = Irql.High;
                kernel.Verifier.BeginRequest();
                Call(callback, code);
                kernel.Cpu.RestoreContext(registers);
            }
        }
        finally
        {
            thread.Irql = level;
            kernel.Cpu.DestroyContext(registers);
        }
    }

    private static ulong StateOf(SystemEvent kind) => kind == SystemEvent.BugCheck ? 0x38ul : 0x2C;

    private static ulong ChecksumOf(SystemEvent kind) => kind == SystemEvent.BugCheck ? 0x30ul : 0x20;

    private ulong RegisterCallback(in ApiCall call)
    {
        var record = call[0];
        if (_memory.ReadByte(record + StateOf(SystemEvent.BugCheck)) != Empty)
        {
            return 0;
        }

        _memory.WriteUInt64(record + Routine, call[1]);
        _memory.WriteUInt64(record + 0x18, call[2]);
        _memory.WriteUInt32(record + 0x20, call.UInt32(3));
        _memory.WriteUInt64(record + 0x28, call[4]);
        return Insert(SystemEvent.BugCheck, call);
    }

    private ulong RegisterReasonCallback(in ApiCall call)
    {
        var record = call[0];
        if (_memory.ReadByte(record + StateOf(SystemEvent.BugCheckReason)) != Empty)
        {
            return 0;
        }

        _memory.WriteUInt64(record + Routine, call[1]);
        _memory.WriteUInt64(record + 0x18, call[3]);
        _memory.WriteUInt32(record + 0x28, call.UInt32(2));
        return Insert(SystemEvent.BugCheckReason, call);
    }

    private ulong Insert(SystemEvent kind, in ApiCall call)
    {
        if (kernel.SystemCallbacks.Add(kind, call[1], 0, call.ReturnAddress, record: call[0]) is null)
        {
            return 0;
        }

        _memory.WriteUInt64(call[0] + ChecksumOf(kind), Checksum(kind, call[0]));
        _memory.WriteByte(call[0] + StateOf(kind), Inserted);
        return 1;
    }

    private ulong Deregister(SystemEvent kind, ulong record)
    {
        if (!kernel.SystemCallbacks.Remove(kind, record))
        {
            return 0;
        }

        _memory.WriteByte(record + StateOf(kind), Empty);
        return 1;
    }

    private ulong Checksum(SystemEvent kind, ulong record) => unchecked(_memory.ReadUInt64(record + Routine) + _memory.ReadUInt64(record + 0x18)
        + (kind == SystemEvent.BugCheck ? _memory.ReadUInt32(record + 0x20) + _memory.ReadUInt64(record + 0x28) : _memory.ReadUInt32(record + 0x28)));

    private void Call(SystemCallback callback, uint code)
    {
        var (kind, record) = (callback.Event, callback.Key);
        var name = kernel.Drivers.Describe(callback.Routine);
        if (!_memory.IsValid(record, 0x30, MemoryAccess.ReadWrite) || !kernel.Verifier.IsAllocated(record, 0x30) || _memory.ReadUInt64(record + Routine) != callback.Routine
            || _memory.ReadUInt64(record + ChecksumOf(kind)) != Checksum(kind, record) || _memory.ReadByte(record + StateOf(kind)) != Inserted)
        {
            kernel.Verifier.Report("bug-check-callback", $"the record of {name} was overwritten or freed while it was registered", null, callback.Routine);
            return;
        }

        _memory.WriteByte(record + StateOf(kind), Started);
        try
        {
            if (kind == SystemEvent.BugCheck)
            {
                kernel.Verifier.CallDriver("a bug-check callback", callback.Routine, _memory.ReadUInt64(record + 0x18), _memory.ReadUInt32(record + 0x20));
            }
            else
            {
                CallWithReason(callback, code);
            }

            _memory.WriteByte(record + StateOf(kind), Finished);
        }
        catch (Exception exception) when (exception is MachineStoppedException or UnwindException or ThreadEndException or GuestException or GuestFaultException)
        {
            // The machine has stopped for another reason; this one is only told.
            kernel.Verifier.Report("bug-check-callback", $"{name} did not come back: it stopped the machine once more", null, callback.Routine);
        }
    }

    // Of the reasons there are those that do not need a dump being written.
    private void CallWithReason(SystemCallback callback, uint code)
    {
        const ulong Bytes = 0x30;
        var reason = _memory.ReadUInt32(callback.Key + 0x28);
        if (reason is not (SecondaryDumpData or AddPages))
        {
            return;
        }

        var data = kernel.Pool.Allocate(Bytes, "KbCb");
        if (reason == SecondaryDumpData)
        {
            var buffer = kernel.Pool.Allocate(0x1000, "KbCb");
            _memory.WriteUInt64(data, buffer);
            _memory.WriteUInt32(data + 8, 0x1000);
            _memory.WriteUInt32(data + 12, SecondaryDumpBytes);
        }
        else
        {
            _memory.WriteUInt32(data + 12, code);
        }

        kernel.Verifier.CallDriver("a bug-check callback", callback.Routine, reason, callback.Key, data, reason == SecondaryDumpData ? Bytes : 0x20);
    }
}
