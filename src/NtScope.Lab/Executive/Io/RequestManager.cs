using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Exceptions;
using NtScope.Lab.Executive.Memory;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.Io;

/// <summary>IRPs on their way through stacks of devices.</summary>
internal sealed class RequestManager(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;
    private readonly Dictionary<ulong, IoRequest> _requests = [];
    private readonly Dictionary<ulong, ulong> _freedIrps = [];

    /// <summary>Requests by their IRPs.</summary>
    public IReadOnlyDictionary<ulong, IoRequest> All => _requests;

    /// <summary>Makes an IRP of the I/O manager's own with stack locations for a device's stack.</summary>
    public IoRequest Create(int stackSize)
    {
        var bytes = BytesOf(stackSize);
        return Add(kernel.Pool.Allocate(bytes, "Irp "), bytes, stackSize, ownedByExecutive: true);
    }

    /// <summary>Makes an IRP for a driver.</summary>
    /// <param name="stackSize">Its stack locations.</param>
    /// <param name="caller">The place of the driver's call.</param>
    /// <param name="ownedByExecutive">Whether it is freed when it is completed; otherwise the driver frees it.</param>
    /// <returns>Null if there is no memory or a fault is injected.</returns>
    public IoRequest? CreateForDriver(int stackSize, ulong caller, bool ownedByExecutive)
    {
        var bytes = BytesOf(stackSize);
        var irp = kernel.Pool.AllocateForDriver(bytes, Pool.PoolManager.TagOf("Irp "), Pool.PoolKind.NonPaged, caller);
        if (irp == 0)
        {
            return null;
        }

        _memory.Clear(irp, (int)bytes);
        return Add(irp, bytes, stackSize, ownedByExecutive);
    }

    private static ulong BytesOf(int stackSize) => IoLayout.IrpBytes + ((ulong)stackSize * IoLayout.LocationBytes);

    private IoRequest Add(ulong irp, ulong bytes, int stackSize, bool ownedByExecutive)
    {
        Initialize(irp, bytes, stackSize);
        _memory.WriteUInt64(irp + IoLayout.IrpThread, kernel.Threads.Current.Thread);
        return Track(irp, ownedByExecutive);
    }

    /// <summary>Takes memory of a driver as an IRP that the driver keeps: IoInitializeIrp.</summary>
    public void Adopt(ulong irp, ulong bytes, int stackSize)
    {
        _memory.Clear(irp, (int)bytes);
        Initialize(irp, bytes, stackSize);
        Track(irp, ownedByExecutive: false).IsInDriverMemory = true;
    }

    // An IRP in a driver's memory is forgotten when something else is there.
    private IoRequest Track(ulong irp, bool ownedByExecutive)
    {
        var request = new IoRequest(irp, kernel.Threads.Current.Process) { IsOwnedByExecutive = ownedByExecutive };
        _requests[irp] = request;
        _freedIrps.Remove(irp);
        return request;
    }

    /// <summary>Sets an IRP's header up.</summary>
    public void Initialize(ulong irp, ulong bytes, int stackSize)
    {
        _memory.WriteUInt16(irp, 6);
        _memory.WriteUInt16(irp + 2, (ushort)bytes);
        _memory.WriteByte(irp + IoLayout.IrpStackCount, (byte)stackSize);
        _memory.WriteByte(irp + IoLayout.IrpCurrentLocation, (byte)(stackSize + 1));
        _memory.WriteUInt64(irp + IoLayout.IrpStackLocation, irp + IoLayout.IrpBytes + ((ulong)stackSize * IoLayout.LocationBytes));
    }

    /// <summary>Forgets that a request was completed: its driver uses it again.</summary>
    public void Restart(ulong irp)
    {
        if (_requests.TryGetValue(irp, out var request))
        {
            request.IsCompleted = false;
            request.PendedLocations.Clear();
        }
    }

    /// <summary>The stack location that the next driver will see.</summary>
    public ulong NextLocation(ulong irp) => _memory.ReadUInt64(irp + IoLayout.IrpStackLocation) - IoLayout.LocationBytes;

    /// <summary>What IofCallDriver does.</summary>
    public NtStatus CallDriver(ulong device, ulong irp)
    {
        if (!_requests.TryGetValue(irp, out var request))
        {
            kernel.Verifier.Report("bad-irp", $"0x{irp:x} is sent to a driver and is no IRP on its way", "IofCallDriver");
            throw kernel.BugCheck(BugCheckCode.VerifierDetectedViolation, [0x11, irp, 0, 0], "an IRP is used after its completion");
        }

        var location = _memory.ReadByte(irp + IoLayout.IrpCurrentLocation);
        if (location <= 1)
        {
            throw kernel.BugCheck((BugCheckCode)0x35, [irp, 0, 0, 0], "the IRP has no stack location left");
        }

        _memory.WriteByte(irp + IoLayout.IrpCurrentLocation, (byte)(location - 1));
        var current = NextLocation(irp);
        _memory.WriteUInt64(irp + IoLayout.IrpStackLocation, current);
        _memory.WriteUInt64(current + IoLayout.LocationDevice, device);
        var driver = _memory.ReadUInt64(device + IoLayout.DeviceDriverObject);
        var major = _memory.ReadByte(current);
        if (major > (byte)MajorFunction.Pnp)
        {
            throw kernel.BugCheck(BugCheckCode.VerifierDetectedViolation, [0x12, major, 0, 0], $"IRP_MJ code {major} does not exist");
        }

        var routine = _memory.ReadUInt64(driver + IoLayout.DriverMajorFunction + ((ulong)major * 8));
        request.HandTo(kernel.Objects.Find(driver)?.State as LoadedDriver, DispatchNames.Of(major), routine);
        var status = (NtStatus)(uint)kernel.Verifier.CallDriver(DispatchNames.Of(major), routine, device, irp);
        CheckPending(request, current, major, status, routine);
        return status;
    }

    /// <summary>What IofCompleteRequest does.</summary>
    public void Complete(ulong irp)
    {
        if (!_requests.TryGetValue(irp, out var request))
        {
            var where = _freedIrps.TryGetValue(irp, out var at) ? $"; {kernel.Drivers.Describe(at)} completed it first" : string.Empty;
            kernel.Verifier.Report("irp-completed-twice", $"IRP 0x{irp:x} is completed and is not on its way{where}", "IofCompleteRequest");
            throw kernel.BugCheck(BugCheckCode.MultipleIrpCompleteRequests, [irp, 0, 0, 0], "an IRP is completed twice");
        }

        var status = (NtStatus)_memory.ReadUInt32(irp + IoLayout.IrpStatus);
        if (status == NtStatus.Pending)
        {
            kernel.Verifier.Report("pending-rule", "an IRP is completed with STATUS_PENDING", "IofCompleteRequest");
        }

        if (_memory.ReadUInt64(irp + IoLayout.IrpCancelRoutine) != 0)
        {
            kernel.Verifier.Report("cancel-routine", "an IRP is completed while its cancel routine is set", "IofCompleteRequest");
        }

        var stackCount = _memory.ReadByte(irp + IoLayout.IrpStackCount);
        while (_memory.ReadByte(irp + IoLayout.IrpCurrentLocation) is var location && location <= stackCount)
        {
            var current = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
            var control = _memory.ReadByte(current + IoLayout.LocationControl);
            _memory.WriteByte(irp + IoLayout.IrpPendingReturned, (byte)(control & IoLayout.PendingReturned));
            if ((control & IoLayout.PendingReturned) != 0)
            {
                request.PendedLocations.Add(current);
            }

            _memory.WriteByte(irp + IoLayout.IrpCurrentLocation, (byte)(location + 1));
            _memory.WriteUInt64(irp + IoLayout.IrpStackLocation, current + IoLayout.LocationBytes);
            var routine = _memory.ReadUInt64(current + IoLayout.LocationCompletion);
            if (routine != 0 && WantsCompletion(control, (NtStatus)_memory.ReadUInt32(irp + IoLayout.IrpStatus), _memory.ReadByte(irp + IoLayout.IrpCancel) != 0))
            {
                var device = location < stackCount ? _memory.ReadUInt64(current + IoLayout.LocationBytes + IoLayout.LocationDevice) : 0;
                var result = (NtStatus)(uint)kernel.Verifier.CallDriver(
                    "a completion routine", routine, device, irp, _memory.ReadUInt64(current + IoLayout.LocationContext));
                if (result == NtStatus.MoreProcessingRequired)
                {
                    request.HandTo(kernel.Drivers.At(routine), "a completion routine", routine);
                    return;
                }
            }
            else if ((control & IoLayout.PendingReturned) != 0 && location < stackCount)
            {
                var above = current + IoLayout.LocationBytes + IoLayout.LocationControl;
                _memory.WriteByte(above, (byte)(_memory.ReadByte(above) | IoLayout.PendingReturned));
            }
        }

        Finish(request);
    }

    /// <summary>Cancels a request: calls its cancel routine if one is set.</summary>
    public bool Cancel(ulong irp)
    {
        _memory.WriteByte(irp + IoLayout.IrpCancel, 1);
        var routine = _memory.ReadUInt64(irp + IoLayout.IrpCancelRoutine);
        if (routine == 0)
        {
            return false;
        }

        _memory.WriteUInt64(irp + IoLayout.IrpCancelRoutine, 0);
        var thread = kernel.Threads.Current;
        var level = thread.Irql;
        thread.Irql = Irql.Dispatch;
        _memory.WriteByte(irp + IoLayout.IrpCancelIrql, (byte)level);
        thread.Locks.Add(new HeldLock("cancel spin lock", 0, routine));
        var held = thread.Locks.Count;
        var current = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        _ = kernel.Executor.Call(routine, _memory.ReadUInt64(current + IoLayout.LocationDevice), irp);
        if (thread.Locks.Count >= held)
        {
            kernel.Verifier.Report("lock-held", "a cancel routine returned without IoReleaseCancelSpinLock", "IoCancelIrp", routine);
            thread.Locks.RemoveAll(entry => entry.Kind == "cancel spin lock");
        }

        kernel.Threads.SetIrql(level);
        return true;
    }

    /// <summary>Cancels what a process has asked for and is not completed; called when it ends.</summary>
    public void CancelAll(ulong process)
    {
        foreach (var request in _requests.Values.Where(request => request is { IsOwnedByExecutive: true, IsCompleted: false } && request.Process == process).ToArray())
        {
            if (!request.IsCompleted)
            {
                Cancel(request.Irp);
            }
        }
    }

    /// <summary>Releases the cancel spin lock.</summary>
    /// <param name="level">The level that it was acquired at.</param>
    /// <param name="routine">The routine that releases it.</param>
    public void ReleaseCancelLock(Irql level, string routine)
    {
        if (kernel.Threads.Current.Locks.RemoveAll(held => held.Kind == "cancel spin lock") == 0)
        {
            kernel.Verifier.Report("lock-not-held", "the cancel spin lock is released and is not held", routine);
        }

        kernel.Threads.SetIrql(level);
    }

    /// <summary>The IRPs that a driver has been sent and has neither completed nor sent on.</summary>
    public IEnumerable<IoRequest> HeldBy(LoadedDriver driver) => _requests.Values.Where(request => request.Holder == driver && request is { IsCompleted: false, IsInDriverMemory: false });

    /// <summary>Marks an IRP pending: IoMarkIrpPending.</summary>
    public void MarkPending(ulong irp)
    {
        var control = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation) + IoLayout.LocationControl;
        _memory.WriteByte(control, (byte)(_memory.ReadByte(control) | IoLayout.PendingReturned));
    }

    /// <summary>Where the IRP that an address lies in was completed; 0 if it lies in none.</summary>
    public ulong CompletedAt(ulong address)
    {
        foreach (var (irp, at) in _freedIrps)
        {
            if (address - irp < IoLayout.IrpBytes + IoLayout.LocationBytes)
            {
                return at;
            }
        }

        return 0;
    }

    /// <summary>Frees an IRP.</summary>
    public void Free(ulong irp)
    {
        _requests.Remove(irp);
        if (kernel.Options.Verify)
        {
            if (_freedIrps.Count >= 4096)
            {
                _freedIrps.Clear();
            }

            _freedIrps[irp] = kernel.Threads.Current.Trap.CallerRip;
        }

        kernel.Pool.Free(irp);
    }

    private static bool WantsCompletion(byte control, NtStatus status, bool cancelled)
    {
        var succeeded = (int)status >= 0;
        return (succeeded && (control & 0x40) != 0) || (!succeeded && (control & 0x80) != 0) || (cancelled && (control & 0x20) != 0);
    }

    private void CheckPending(IoRequest request, ulong location, byte major, NtStatus status, ulong routine)
    {
        if (!kernel.Options.Verify)
        {
            return;
        }

        var irp = request.Irp;
        var isOnItsWay = _requests.TryGetValue(irp, out var now) && now == request && !request.IsCompleted;
        var isHere = isOnItsWay && _memory.ReadUInt64(irp + IoLayout.IrpStackLocation) == location;
        var marked = isOnItsWay ? (_memory.ReadByte(location + IoLayout.LocationControl) & IoLayout.PendingReturned) != 0 : request.PendedLocations.Contains(location);
        if (status == NtStatus.Pending && !marked && (isHere || request.IsCompleted))
        {
            kernel.Verifier.Report("pending-rule", $"{DispatchNames.Of(major)} returned STATUS_PENDING and did not mark the IRP pending", null, routine);
        }
        else if (status != NtStatus.Pending && marked)
        {
            kernel.Verifier.Report("pending-rule", $"{DispatchNames.Of(major)} marked the IRP pending and returned 0x{(uint)status:X8}", null, routine);
        }
        else if (status != NtStatus.Pending && request.IsOwnedByExecutive && isHere)
        {
            kernel.Verifier.Report("irp-never-completed", $"{DispatchNames.Of(major)} returned 0x{(uint)status:X8} and did not complete the IRP", null, routine);
            _memory.WriteUInt32(irp + IoLayout.IrpStatus, (uint)status);
            Finish(request);
        }
    }

    private void Finish(IoRequest request)
    {
        var irp = request.Irp;
        request.IsCompleted = true;
        request.Status = (NtStatus)_memory.ReadUInt32(irp + IoLayout.IrpStatus);
        request.Information = _memory.ReadUInt64(irp + IoLayout.IrpInformation);
        request.Completed?.Invoke(request);
        if (_memory.ReadUInt64(irp + IoLayout.IrpUserIosb) is var block && block != 0)
        {
            _memory.WriteUInt32(block, (uint)request.Status);
            _memory.WriteUInt64(block + 8, request.Information);
        }

        if (_memory.ReadUInt64(irp + IoLayout.IrpUserEvent) is var signal && signal != 0)
        {
            kernel.Dispatcher.Signal(signal, 1);
        }

        if (request.Event != 0)
        {
            kernel.Dispatcher.Signal(request.Event, 1);
        }

        if (request.IsOwnedByExecutive)
        {
            Free(irp);
        }
        else
        {
            kernel.Verifier.Report(
                "irp-not-reclaimed", $"IRP 0x{irp:x} belongs to the driver that made it, and no completion routine of it returned STATUS_MORE_PROCESSING_REQUIRED", "IofCompleteRequest");
        }
    }
}
