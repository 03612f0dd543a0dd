using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Io;

/// <summary>IRPs: sending, completing, cancelling, making.</summary>
internal sealed class IrpApis(LabKernel kernel) : IApiFamily
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("IofCallDriver", Irql.Dispatch, (in ApiCall call) => kernel.Requests.CallDriver(call[0], call[1]));
        table.Alias("IofCallDriver", "IoCallDriver", "PoCallDriver");
        table.Void("IofCompleteRequest", Irql.Dispatch, (in ApiCall call) => kernel.Requests.Complete(call[0]));
        table.Alias("IofCompleteRequest", "IoCompleteRequest");
        table.Add("IoAllocateIrp", Irql.Dispatch, AllocateIrp);
        table.Void("IoFreeIrp", Irql.Dispatch, (in ApiCall call) => kernel.Requests.Free(call[0]));
        table.Void("IoReuseIrp", Irql.Dispatch, ReuseIrp);
        table.Void("IoInitializeIrp", Irql.Dispatch, InitializeIrp);
        table.Add("IoCancelIrp", Irql.Dispatch, (in ApiCall call) => kernel.Requests.Cancel(call[0]) ? 1UL : 0);
        table.Void("IoAcquireCancelSpinLock", Irql.Dispatch, AcquireCancelLock);
        table.Void("IoReleaseCancelSpinLock", Irql.Dispatch, (in ApiCall call) => kernel.Requests.ReleaseCancelLock((Irql)call.Byte(0), call.Entry.Name));
        table.From("IoReleaseCancelSpinLock", Irql.Dispatch);
        table.Status("IoSetCompletionRoutineEx", Irql.Dispatch, SetCompletionRoutine);
        table.Add("IoGetRequestorProcess", Irql.Dispatch, (in ApiCall call) => RequestorOf(call[0]));
        table.Add("IoGetRequestorProcessId", Irql.Dispatch, (in ApiCall call) =>
            RequestorOf(call[0]) is var process && process == 0 ? 0 : (uint)_memory.ReadUInt64(process + kernel.Processes.Layout.UniqueProcessId));
        table.Add("IoIs32bitProcess", Irql.Dispatch, (in ApiCall _) => 0);
        table.Add("IoGetTopLevelIrp", Irql.Dispatch, (in ApiCall _) => kernel.Threads.Current.TopLevelIrp);
        table.Void("IoSetTopLevelIrp", Irql.Dispatch, (in ApiCall call) => kernel.Threads.Current.TopLevelIrp = call[0]);
        table.Add("IoGetRemainingStackSize", Irql.Dispatch, (in ApiCall call) => call.StackAddress(0) - kernel.Threads.Current.StackLimit);
        table.Add("IoGetStackLimits", Irql.Dispatch, (in ApiCall call) =>
        {
            _memory.WriteUInt64(call[0], kernel.Threads.Current.StackLimit);
            _memory.WriteUInt64(call[1], kernel.Threads.Current.StackBase);
            return 0;
        });
    }

    // An IRP that a driver allocates belongs to no thread until the driver says so.
    private ulong AllocateIrp(in ApiCall call)
    {
        if (call.Byte(0) is 0 or > LabLimits.StackLocations
            || kernel.Requests.CreateForDriver(call.Byte(0), call.ReturnAddress, ownedByExecutive: false) is not { } request)
        {
            return 0;
        }

        _memory.WriteUInt64(request.Irp + IoLayout.IrpThread, 0);
        return request.Irp;
    }

    private void InitializeIrp(in ApiCall call)
    {
        var (bytes, stack) = (call.UInt16(1), call.Byte(2));
        var needed = IoLayout.IrpBytes + (stack * IoLayout.LocationBytes);
        if (bytes < needed)
        {
            kernel.Verifier.Report("bad-irp", $"an IRP with {stack} stack locations is initialised in {bytes} bytes; it takes {needed}", call.Entry.Name);
            return;
        }

        kernel.Verifier.CheckRange(call[0], bytes, isWrite: true);
        kernel.Requests.Adopt(call[0], bytes, stack);
    }

    private ulong RequestorOf(ulong irp) =>
        _memory.ReadUInt64(irp + IoLayout.IrpThread) is var thread && thread == 0 ? 0 : _memory.ReadUInt64(thread + kernel.Processes.Layout.ThreadProcess);

    private void ReuseIrp(in ApiCall call)
    {
        var stack = _memory.ReadByte(call[0] + IoLayout.IrpStackCount);
        var bytes = _memory.ReadUInt16(call[0] + 2);
        _memory.Clear(call[0], bytes);
        kernel.Requests.Initialize(call[0], bytes, stack);
        kernel.Requests.Restart(call[0]);
        _memory.WriteUInt32(call[0] + IoLayout.IrpStatus, call.UInt32(1));
    }

    private NtStatus SetCompletionRoutine(in ApiCall call)
    {
        var location = kernel.Requests.NextLocation(call[1]);
        _memory.WriteUInt64(location + IoLayout.LocationCompletion, call[2]);
        _memory.WriteUInt64(location + IoLayout.LocationContext, call[3]);
        _memory.WriteByte(location + IoLayout.LocationControl, (byte)((call.Flag(4) ? 0x40 : 0) | (call.Flag(5) ? 0x80 : 0) | (call.Flag(6) ? 0x20 : 0)));
        return NtStatus.Success;
    }

    private void AcquireCancelLock(in ApiCall call)
    {
        var thread = kernel.Threads.Current;
        if (thread.Locks.Exists(held => held.Kind == "cancel spin lock"))
        {
            throw kernel.Stop("spin-deadlock", "the cancel spin lock is acquired by its holder", call.Entry.Name);
        }

        _memory.WriteByte(call[0], (byte)thread.Irql);
        thread.Irql = Irql.Dispatch;
        thread.Locks.Add(new HeldLock("cancel spin lock", 0, call.ReturnAddress));
    }
}
