using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Requests that go on to the rest of the stack.</summary>
internal sealed class FrameworkSendApis(LabKernel kernel) : IApiFamily
{
    private const uint Synchronous = 2;
    private const uint SendAndForget = 8;

    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Void("WdfRequestFormatRequestUsingCurrentType", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1));
        table.Void("WdfRequestSetCompletionRoutine", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).Completion = (call[2], call[3]));
        table.Add("WdfRequestSend", Irql.Dispatch, Send);
        table.Status("WdfRequestGetStatus", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkRequest>(call, 1).SentStatus);
        table.Add("WdfRequestCancelSentRequest", Irql.Dispatch, (in ApiCall call) =>
            Objects.Get<FrameworkRequest>(call, 1) is { SentTo: not null } request && kernel.Requests.Cancel(request.Irp) ? 1UL : 0);
        table.Void("WdfRequestGetCompletionParams", Irql.Dispatch, GetCompletion);
    }

    private ulong Send(in ApiCall call)
    {
        var request = Objects.Get<FrameworkRequest>(call, 1);
        var target = Objects.Get<FrameworkIoTarget>(call, 2);
        kernel.Framework.Requests.EnsureOwned(call, request);
        if (request.OnCancel != 0)
        {
            kernel.Verifier.Report("cancel-routine", "a request is sent on while it can be cancelled: WdfRequestUnmarkCancelable was not called", call.Entry.Name);
            kernel.Framework.Requests.UnmarkCancelable(request);
        }

        var flags = call[3] == 0 ? 0 : kernel.Memory.ReadUInt32(call[3] + FrameworkLayout.SendOptionsFlags);
        if ((flags & SendAndForget) != 0)
        {
            Forget(request, target);
            return 1;
        }

        request.SentTo = target;
        request.SentStatus = NtStatus.Pending;
        if ((flags & Synchronous) != 0)
        {
            request.SentStatus = kernel.Framework.Sender.SendAndWait(target.DeviceObject, request.Irp);
            request.SentTo = null;
            return (int)request.SentStatus >= 0 ? 1UL : 0;
        }

        kernel.Framework.Sender.Send(target.DeviceObject, request.Irp, status => Back(request, target, status));
        return 1;
    }

    // The driver is rid of the request; whoever is below completes it.
    private void Forget(FrameworkRequest request, FrameworkIoTarget target)
    {
        request.IsCompleted = true;
        request.Client.Requests.Remove(request.Irp);
        Objects.Delete(request, () => kernel.Framework.Sender.Skip(target.DeviceObject, request.Irp));
        if (request.Queue is { } queue)
        {
            kernel.Framework.Queues.Left(queue, request);
        }
    }

    private void Back(FrameworkRequest request, FrameworkIoTarget target, NtStatus status)
    {
        request.SentTo = null;
        request.SentStatus = status;
        request.Information = kernel.Memory.ReadUInt64(request.Irp + IoLayout.IrpInformation);
        if (request.Completion.Routine == 0)
        {
            kernel.Framework.Requests.Complete(request, status, request.Information);
            return;
        }

        var (routine, context) = request.Completion;
        request.Completion = default;
        if (request.CompletionParameters == 0)
        {
            var block = kernel.Pool.Allocate(FrameworkLayout.CompletionBytes, "FxRq");
            request.CompletionParameters = block;
            request.Destroyed += () => kernel.Pool.Free(block);
        }

        FillCompletion(request, request.CompletionParameters);
        kernel.Verifier.CallDriver("EvtRequestCompletionRoutine", routine, request.Handle, target.Handle, request.CompletionParameters, context);
    }

    private void GetCompletion(in ApiCall call)
    {
        if (kernel.Memory.ReadUInt32(call[2]) < FrameworkLayout.CompletionBytes)
        {
            throw kernel.Framework.WrongSize(call, "WDF_REQUEST_COMPLETION_PARAMS");
        }

        FillCompletion(Objects.Get<FrameworkRequest>(call, 1), call[2]);
    }

    private void FillCompletion(FrameworkRequest request, ulong address)
    {
        kernel.Memory.WriteUInt32(address, FrameworkLayout.CompletionBytes);
        kernel.Memory.WriteUInt32(address + 4, (uint)request.Major);
        kernel.Memory.WriteUInt32(address + 8, (uint)request.SentStatus);
        kernel.Memory.WriteUInt64(address + 16, request.Information);
    }
}
