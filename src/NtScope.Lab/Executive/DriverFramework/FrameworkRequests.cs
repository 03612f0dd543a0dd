using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Requests from their IRP to their end: made, cancelled, sent on, completed.</summary>
internal sealed class FrameworkRequests(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Makes a request of an IRP that came to a device, and marks the IRP pending.</summary>
    /// <returns>Null if the driver's context could not be made; the IRP is completed then.</returns>
    public FrameworkRequest? Create(FrameworkDevice device, ulong irp, MajorFunction major)
    {
        var location = _memory.ReadUInt64(irp + IoLayout.IrpStackLocation);
        var control = location + IoLayout.LocationControl;
        _memory.WriteByte(control, (byte)(_memory.ReadByte(control) | IoLayout.PendingReturned));
        var request = new FrameworkRequest(device, irp, location, major) { IsDeletable = false };
        var status = kernel.Framework.Objects.Add(request, device.Setup.RequestAttributes ?? FrameworkAttributes.None, device, isChild: false);
        if (status != NtStatus.Success)
        {
            CompleteIrp(irp, status, 0);
            return null;
        }

        request.File = device.Files.GetValueOrDefault(_memory.ReadUInt64(location + IoLayout.LocationFile));
        device.Client.Requests[irp] = request;
        return request;
    }

    /// <summary>Completes an IRP that has no request.</summary>
    public void CompleteIrp(ulong irp, NtStatus status, ulong information)
    {
        _memory.WriteUInt32(irp + IoLayout.IrpStatus, (uint)status);
        _memory.WriteUInt64(irp + IoLayout.IrpInformation, information);
        kernel.Requests.Complete(irp);
    }

    /// <summary>The request that a driver completes; one that is completed already, or is not the driver's, stops the machine.</summary>
    public FrameworkRequest GetForCompletion(in ApiCall call)
    {
        var handle = call[1];
        var found = kernel.Framework.Objects.Find(handle);
        if (found is FrameworkRequest { IsCompleted: true } || (found is null && kernel.Framework.Objects.Ended(handle) is { Type: "WDFREQUEST" }))
        {
            var where = kernel.Framework.Objects.Ended(handle) is { } ended ? $"; {kernel.Drivers.Describe(ended.EndedAt)} completed it first" : string.Empty;
            kernel.Verifier.Report("irp-completed-twice", $"WDFREQUEST 0x{handle:x} is completed a second time{where}", call.Entry.Name);
            throw kernel.Framework.Objects.Violation(5, handle, "a request is completed twice");
        }

        var request = kernel.Framework.Objects.Get<FrameworkRequest>(call, 1);
        EnsureOwned(call, request);
        return request;
    }

    /// <summary>Stops the machine if a request is in a queue or on its way to another driver.</summary>
    public void EnsureOwned(in ApiCall call, FrameworkRequest request)
    {
        if (request.IsCompleted || request.IsWaiting || request.SentTo is not null)
        {
            var where = request.IsCompleted ? "completed" : request.IsWaiting ? "in a queue" : "sent to another driver";
            kernel.Verifier.Report("bad-irp", $"{call.Entry.Name} takes a request that the driver has; WDFREQUEST 0x{request.Handle:x} is {where}", call.Entry.Name);
            throw kernel.Framework.Objects.Violation(3, request.Handle, "a request is used that is not the driver's");
        }
    }

    /// <summary>Completes a request.</summary>
    public void Complete(FrameworkRequest request, NtStatus status, ulong information)
    {
        if (request.OnCancel != 0)
        {
            kernel.Verifier.Report(
                "cancel-routine", "a request is completed while it can be cancelled: WdfRequestUnmarkCancelable was not called", kernel.Threads.Current.Trap.Caller?.Name);
            request.OnCancel = 0;
            _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        }

        request.IsCompleted = true;
        request.Client.Requests.Remove(request.Irp);
        if (request is { Major: MajorFunction.Create, File: { } file } && (int)status < 0)
        {
            kernel.Framework.Devices.RemoveFile(request.Target, file);
        }

        kernel.Framework.Objects.Delete(request, () => CompleteIrp(request.Irp, status, information));
        if (request.Queue is { } queue)
        {
            kernel.Framework.Queues.Left(queue, request);
        }
    }

    /// <summary>Serves the cancel routine that the framework sets: the cancel spin lock is held.</summary>
    public ulong OnCancel(in ApiCall call)
    {
        var irp = call[1];
        kernel.Requests.ReleaseCancelLock((Irql)_memory.ReadByte(irp + IoLayout.IrpCancelIrql), call.Entry.Name);
        if (kernel.Framework.RequestOf(irp) is { } request)
        {
            if (request.IsWaiting)
            {
                kernel.Framework.Queues.CancelWaiting(request);
            }
            else if (request.OnCancel != 0)
            {
                TellCancelled(request);
            }
        }

        return 0;
    }

    /// <summary>Lets a request be cancelled while the driver has it.</summary>
    /// <returns>Cancelled if it is already.</returns>
    public NtStatus MarkCancelable(FrameworkRequest request, ulong routine)
    {
        if (request.OnCancel != 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        if (_memory.ReadByte(request.Irp + IoLayout.IrpCancel) != 0)
        {
            return NtStatus.Cancelled;
        }

        request.OnCancel = routine;
        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, kernel.Framework.CancelTrap);
        return NtStatus.Success;
    }

    /// <summary>No longer lets a request be cancelled.</summary>
    public NtStatus UnmarkCancelable(FrameworkRequest request)
    {
        if (request.IsCancelTold)
        {
            return NtStatus.Cancelled;
        }

        if (request.OnCancel == 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        request.OnCancel = 0;
        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        return NtStatus.Success;
    }

    /// <summary>Tells a driver that a request of it is cancelled; the driver is to complete it.</summary>
    public void TellCancelled(FrameworkRequest request)
    {
        var routine = request.OnCancel;
        request.OnCancel = 0;
        request.IsCancelTold = true;
        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        CallCancel(request, routine);
    }

    /// <summary>Calls EvtRequestCancel.</summary>
    public void CallCancel(FrameworkRequest request, ulong routine)
    {
        var owner = (FrameworkObject?)request.Queue ?? request.Target;
        kernel.Framework.Callbacks.AtLevelOf(owner, () =>
        {
            if (!request.IsCompleted)
            {
                kernel.Framework.Callbacks.Call(owner, "EvtRequestCancel", routine, request.Handle);
            }
        });
    }

    /// <summary>The buffer of a request as the driver reaches it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isInput">Whether what the client sends is asked for, or what it gets.</param>
    /// <param name="address">The buffer's system address.</param>
    /// <param name="length">Its bytes.</param>
    public NtStatus Buffer(FrameworkRequest request, bool isInput, out ulong address, out ulong length)
    {
        address = length = 0;
        var parameters = request.Location + IoLayout.LocationParameters;
        uint passing;
        if (request.Major is MajorFunction.DeviceControl or MajorFunction.InternalDeviceControl)
        {
            length = _memory.ReadUInt32(parameters + (isInput ? 8UL : 0));
            passing = (_memory.ReadUInt32(parameters + 16) & 3) switch { 0 => 2u, 3 => 1, _ => isInput ? 2u : 3 };
        }
        else if (request.Major == (isInput ? MajorFunction.Write : MajorFunction.Read))
        {
            length = _memory.ReadUInt32(parameters);
            passing = request.Target.Setup.IoType;
        }
        else
        {
            return NtStatus.InvalidDeviceRequest;
        }

        if (passing == 1)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        if (length == 0)
        {
            return NtStatus.BufferTooSmall;
        }

        var mdl = passing == 3 ? _memory.ReadUInt64(request.Irp + IoLayout.IrpMdl) : 0;
        address = passing == 3 ? mdl == 0 ? 0 : kernel.Mdls.Map(mdl) : _memory.ReadUInt64(request.Irp + IoLayout.IrpSystemBuffer);
        return address == 0 ? NtStatus.InsufficientResources : NtStatus.Success;
    }
}
