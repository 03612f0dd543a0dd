using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Requests that the driver has.</summary>
internal sealed class FrameworkRequestApis(LabKernel kernel) : IApiFamily
{
    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("WdfRequestComplete", Irql.Dispatch, (in ApiCall call) =>
        {
            var request = kernel.Framework.Requests.GetForCompletion(call);
            kernel.Framework.Requests.Complete(request, (NtStatus)call.UInt32(2), request.Information);
        });
        table.Alias("WdfRequestComplete", "WdfRequestCompleteWithPriorityBoost");
        table.Void("WdfRequestCompleteWithInformation", Irql.Dispatch, (in ApiCall call) =>
            kernel.Framework.Requests.Complete(kernel.Framework.Requests.GetForCompletion(call), (NtStatus)call.UInt32(2), call[3]));
        table.Void("WdfRequestSetInformation", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).Information = call[2]);
        table.Add("WdfRequestGetInformation", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).Information);
        table.Void("WdfRequestGetParameters", Irql.Dispatch, GetParameters);
        table.Status("WdfRequestRetrieveInputBuffer", Irql.Dispatch, (in ApiCall call) => RetrieveBuffer(call, isInput: true));
        table.Status("WdfRequestRetrieveOutputBuffer", Irql.Dispatch, (in ApiCall call) => RetrieveBuffer(call, isInput: false));
        table.Status("WdfRequestRetrieveInputMemory", Irql.Dispatch, (in ApiCall call) => RetrieveMemory(call, isInput: true));
        table.Status("WdfRequestRetrieveOutputMemory", Irql.Dispatch, (in ApiCall call) => RetrieveMemory(call, isInput: false));
        table.Status("WdfRequestRetrieveUnsafeUserInputBuffer", Irql.Dispatch, (in ApiCall call) => RetrieveUnsafe(call, isInput: true));
        table.Status("WdfRequestRetrieveUnsafeUserOutputBuffer", Irql.Dispatch, (in ApiCall call) => RetrieveUnsafe(call, isInput: false));
        table.Status("WdfRequestProbeAndLockUserBufferForRead", Irql.Apc, (in ApiCall call) => ProbeAndLock(call, isWrite: false));
        table.Status("WdfRequestProbeAndLockUserBufferForWrite", Irql.Apc, (in ApiCall call) => ProbeAndLock(call, isWrite: true));
        table.Void("WdfRequestMarkCancelable", Irql.Dispatch, MarkCancelable);
        table.Status("WdfRequestMarkCancelableEx", Irql.Dispatch, (in ApiCall call) => kernel.Framework.Requests.MarkCancelable(Owned(call), call[2]));
        table.Status("WdfRequestUnmarkCancelable", Irql.Dispatch, (in ApiCall call) =>
            kernel.Framework.Requests.UnmarkCancelable(Objects.Get<FrameworkRequest>(call, 1)));
        table.Add("WdfRequestIsCanceled", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadByte(Owned(call).Irp + IoLayout.IrpCancel) != 0 ? 1UL : 0);
        table.Add("WdfRequestIsFrom32BitProcess", Irql.Dispatch, (in ApiCall _) => 0);
        table.Add("WdfRequestIsReserved", Irql.Dispatch, (in ApiCall _) => 0);
        table.Add("WdfRequestWdmGetIrp", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1) is { IsCompleted: false } request ? request.Irp : 0);
        table.Add("WdfRequestGetFileObject", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).File?.Handle ?? 0);
        table.Add("WdfRequestGetRequestorMode", Irql.Dispatch, (in ApiCall call) => kernel.Memory.ReadByte(Owned(call).Irp + IoLayout.IrpRequestorMode));
        table.Add("WdfRequestGetIoQueue", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).Queue?.Handle ?? 0);
        table.Status("WdfRequestForwardToIoQueue", Irql.Dispatch, Forward);
        table.Status("WdfRequestRequeue", Irql.Dispatch, Requeue);
        table.Void("WdfRequestStopAcknowledge", Irql.Dispatch, AcknowledgeStop);
    }

    private FrameworkRequest Owned(in ApiCall call)
    {
        var request = Objects.Get<FrameworkRequest>(call, 1);
        kernel.Framework.Requests.EnsureOwned(call, request);
        return request;
    }

    private void GetParameters(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt16(call[2]) < FrameworkLayout.ParametersBytes)
        {
            throw kernel.Framework.WrongSize(call, "WDF_REQUEST_PARAMETERS");
        }

        RequestParameters.Write(kernel.Memory, Owned(call), call[2]);
    }

    private NtStatus RetrieveBuffer(in ApiCall call, bool isInput)
    {
        kernel.Memory.WriteUInt64(call[3], 0);
        var status = kernel.Framework.Requests.Buffer(Owned(call), isInput, out var address, out var length);
        if (status == NtStatus.Success && length < call[2])
        {
            status = NtStatus.BufferTooSmall;
        }

        if (status == NtStatus.Success)
        {
            kernel.Memory.WriteUInt64(call[3], address);
        }

        if (call[4] != 0)
        {
            kernel.Memory.WriteUInt64(call[4], status == NtStatus.Success ? length : 0);
        }

        return status;
    }

    private NtStatus RetrieveMemory(in ApiCall call, bool isInput)
    {
        var request = Owned(call);
        var memory = isInput ? request.Input : request.Output;
        if (memory is null)
        {
            var status = kernel.Framework.Requests.Buffer(request, isInput, out var address, out var length);
            if (status != NtStatus.Success)
            {
                return status;
            }

            memory = new FrameworkMemory(request.Client, address, length) { IsDeletable = false };
            Objects.Add(memory, FrameworkAttributes.None, request);
            (request.Input, request.Output) = isInput ? (memory, request.Output) : (request.Input, memory);
        }

        kernel.Memory.WriteUInt64(call[2], memory.Handle);
        return NtStatus.Success;
    }

    // User addresses of METHOD_NEITHER requests, and of reads and writes of a device that has neither kind of buffers.
    private NtStatus RetrieveUnsafe(in ApiCall call, bool isInput)
    {
        var (memory, request) = (kernel.Memory, Owned(call));
        var parameters = request.Location + IoLayout.LocationParameters;
        var isControl = request.Major == MajorFunction.DeviceControl;
        var isNeither = isControl ? (memory.ReadUInt32(parameters + 16) & 3) == 3
            : request.Target.Setup.IoType == 1 && request.Major == (isInput ? MajorFunction.Write : MajorFunction.Read);
        if (!isNeither)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        var length = memory.ReadUInt32(parameters + (isControl && isInput ? 8UL : 0));
        if (length < call[2] || length == 0)
        {
            return NtStatus.BufferTooSmall;
        }

        memory.WriteUInt64(call[3], isControl && isInput ? memory.ReadUInt64(parameters + 24) : memory.ReadUInt64(request.Irp + IoLayout.IrpUserBuffer));
        if (call[4] != 0)
        {
            memory.WriteUInt64(call[4], length);
        }

        return NtStatus.Success;
    }

    private NtStatus ProbeAndLock(in ApiCall call, bool isWrite)
    {
        var request = Owned(call);
        if (call[3] is 0 or > LabLimits.DataBytes)
        {
            return NtStatus.InvalidParameter;
        }

        if (!kernel.Memory.IsValid(call[2], call[3], isWrite ? Cpu.MemoryAccess.Write : Cpu.MemoryAccess.Read))
        {
            return NtStatus.AccessViolation;
        }

        var mdl = kernel.Mdls.Create(call[2], call.UInt32(3));
        kernel.Mdls.Lock(mdl, isWrite);
        var memory = new FrameworkMemory(request.Client, kernel.Mdls.Map(mdl), call[3]) { IsDeletable = false, Destroyed = () => kernel.Mdls.Release(mdl) };
        Objects.Add(memory, FrameworkAttributes.None, request);
        kernel.Memory.WriteUInt64(call[4], memory.Handle);
        return NtStatus.Success;
    }

    private void MarkCancelable(in ApiCall call)
    {
        var request = Owned(call);
        if (kernel.Framework.Requests.MarkCancelable(request, call[2]) == NtStatus.Cancelled)
        {
            request.IsCancelTold = true;
            kernel.Framework.Requests.CallCancel(request, call[2]);
        }
    }

    private NtStatus Forward(in ApiCall call)
    {
        var request = Owned(call);
        var queue = Objects.Get<FrameworkQueue>(call, 2);
        if (queue.Device != request.Target || request.Queue == queue || request.OnCancel != 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        if (!queue.Accepts)
        {
            return NtStatus.WdfPaused;
        }

        var from = request.Queue;
        kernel.Framework.Queues.Insert(queue, request);
        if (from is not null)
        {
            kernel.Framework.Queues.Left(from, request);
        }

        return NtStatus.Success;
    }

    private NtStatus Requeue(in ApiCall call)
    {
        var request = Owned(call);
        if (request.Queue is not { } queue || request.OnCancel != 0)
        {
            return NtStatus.InvalidDeviceRequest;
        }

        queue.Presented.Remove(request);
        kernel.Framework.Queues.Insert(queue, request, atHead: true);
        return NtStatus.Success;
    }

    private void AcknowledgeStop(in ApiCall call)
    {
        var request = Owned(call);
        request.IsStopAcknowledged = true;
        if (call.Flag(2) && request.Queue is { } queue)
        {
            queue.Presented.Remove(request);
            kernel.Framework.Queues.Insert(queue, request, atHead: true);
        }
    }
}
