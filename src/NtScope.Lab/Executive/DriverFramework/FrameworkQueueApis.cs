using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Calls;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Queues of requests.</summary>
internal sealed class FrameworkQueueApis(LabKernel kernel) : IApiFamily
{
    private const int Events = 8;

    private FrameworkObjects Objects => kernel.Framework.Objects;

    /// <inheritdoc/>
    public void Register(ApiTable table)
    {
        table.Status("WdfIoQueueCreate", Irql.Dispatch, Create);
        table.Add("WdfIoQueueGetState", Irql.Dispatch, GetState);
        table.Add("WdfIoQueueGetDevice", Irql.Dispatch, (in ApiCall call) => Objects.Get<FrameworkQueue>(call, 1).Device!.Handle);
        table.Void("WdfIoQueueStart", Irql.Dispatch, Start);
        table.Void("WdfIoQueueStop", Irql.Dispatch, (in ApiCall call) => Rest(call, purges: false, closes: false, waits: false));
        table.Void("WdfIoQueueStopSynchronously", Irql.Passive, (in ApiCall call) => Rest(call, purges: false, closes: false, waits: true));
        table.Void("WdfIoQueuePurge", Irql.Dispatch, (in ApiCall call) => Rest(call, purges: true, closes: true, waits: false));
        table.Void("WdfIoQueuePurgeSynchronously", Irql.Passive, (in ApiCall call) => Rest(call, purges: true, closes: true, waits: true));
        table.Void("WdfIoQueueStopAndPurge", Irql.Dispatch, (in ApiCall call) => Rest(call, purges: true, closes: false, waits: false));
        table.Void("WdfIoQueueStopAndPurgeSynchronously", Irql.Passive, (in ApiCall call) => Rest(call, purges: true, closes: false, waits: true));
        table.Void("WdfIoQueueDrain", Irql.Dispatch, (in ApiCall call) => Drain(call, waits: false));
        table.Void("WdfIoQueueDrainSynchronously", Irql.Passive, (in ApiCall call) => Drain(call, waits: true));
        table.Status("WdfIoQueueReadyNotify", Irql.Dispatch, ReadyNotify);
        table.Status("WdfIoQueueRetrieveNextRequest", Irql.Dispatch, (in ApiCall call) => Retrieve(call, _ => true, call[2]));
        table.Status("WdfIoQueueRetrieveRequestByFileObject", Irql.Dispatch, (in ApiCall call) =>
        {
            var file = Objects.Get<FrameworkFileObject>(call, 2);
            return Retrieve(call, request => request.File == file, call[3]);
        });
        table.Status("WdfIoQueueFindRequest", Irql.Dispatch, Find);
        table.Status("WdfIoQueueRetrieveFoundRequest", Irql.Dispatch, (in ApiCall call) =>
        {
            var found = Objects.Get<FrameworkRequest>(call, 2);
            return Retrieve(call, request => request == found, call[3]);
        });
    }

    private NtStatus Create(in ApiCall call)
    {
        var (memory, config) = (kernel.Memory, call[2]);
        var device = Objects.Get<FrameworkDevice>(call, 1);
        var size = memory.ReadUInt32(config);
        var dispatch = (QueueDispatch)memory.ReadUInt32(config + FrameworkLayout.QueueConfigType);
        if (size < FrameworkLayout.QueueConfigBytes)
        {
            return NtStatus.InfoLengthMismatch;
        }

        if (dispatch is QueueDispatch.Invalid or > QueueDispatch.Manual)
        {
            return NtStatus.InvalidParameter;
        }

        var status = Objects.Begin(call, 3, device, takesParent: true, out var setup);
        if (status != NtStatus.Success)
        {
            return status;
        }

        var isDefault = memory.ReadByte(config + FrameworkLayout.QueueConfigDefault) != 0;
        if (isDefault && device.DefaultQueue is not null)
        {
            return NtStatus.Unsuccessful;
        }

        var power = memory.ReadUInt32(config + FrameworkLayout.QueueConfigPowerManaged);
        var events = new ulong[Events];
        for (var i = 0; i < Events; i++)
        {
            events[i] = memory.ReadUInt64(config + FrameworkLayout.QueueConfigEvents + ((ulong)i * 8));
        }

        var queue = new FrameworkQueue(device.Client)
        {
            Dispatch = dispatch,
            Events = events,
            AllowsZeroLength = memory.ReadByte(config + FrameworkLayout.QueueConfigAllowZero) != 0,
            IsPowerManaged = power == 1 || (power == 2 && device.Setup.Role == DeviceRole.Function),
            MostPresented = size > FrameworkLayout.QueueConfigBytes && dispatch == QueueDispatch.Parallel ? memory.ReadUInt32(config + FrameworkLayout.QueueConfigPresented) : uint.MaxValue,
            IsDeletable = !isDefault,
        };
        queue.Disposing = () => kernel.Framework.Queues.Purge(queue, NtStatus.Cancelled);
        queue.Destroyed = () => device.Queues.Remove(queue);
        status = Objects.Add(queue, setup.Attributes, setup.Parent.Device is null ? device : setup.Parent);
        if (status != NtStatus.Success)
        {
            return status;
        }

        device.Queues.Add(queue);
        if (isDefault)
        {
            device.DefaultQueue = queue;
        }

        if (call[4] != 0)
        {
            memory.WriteUInt64(call[4], queue.Handle);
        }

        return NtStatus.Success;
    }

    private ulong GetState(in ApiCall call)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        if (call[2] != 0)
        {
            kernel.Memory.WriteUInt32(call[2], (uint)queue.Waiting.Count);
        }

        if (call[3] != 0)
        {
            kernel.Memory.WriteUInt32(call[3], (uint)queue.Presented.Count);
        }

        var isHeld = queue.IsPowerManaged && queue.Device is { IsPowered: false };
        return (queue.Accepts ? 1UL : 0) | (queue.IsStarted ? 2UL : 0) | (queue.Waiting.Count == 0 ? 4UL : 0) | (queue.Presented.Count == 0 ? 8UL : 0) | (isHeld ? 16UL : 0);
    }

    private void Start(in ApiCall call)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        queue.Accepts = true;
        queue.IsStarted = true;
        kernel.Framework.Queues.Run(queue);
    }

    private void Rest(in ApiCall call, bool purges, bool closes, bool waits)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        queue.IsStarted &= closes;
        if (purges)
        {
            kernel.Framework.Queues.Purge(queue, NtStatus.Cancelled);
            queue.Accepts = !closes;
        }

        WaitOrTell(call, queue, waits);
    }

    private void Drain(in ApiCall call, bool waits)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        queue.Accepts = false;
        queue.Refusal = NtStatus.InvalidDeviceState;
        WaitOrTell(call, queue, waits);
    }

    private void WaitOrTell(in ApiCall call, FrameworkQueue queue, bool waits)
    {
        if (waits)
        {
            kernel.Framework.Queues.WaitUntilIdle(queue);
        }
        else
        {
            kernel.Framework.Queues.WhenIdle(queue, call[2], call[3]);
        }
    }

    private NtStatus ReadyNotify(in ApiCall call)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        if (queue.Dispatch != QueueDispatch.Manual || (queue.Ready.Routine != 0 && call[2] != 0))
        {
            return NtStatus.InvalidDeviceRequest;
        }

        queue.Ready = (call[2], call[3]);
        return NtStatus.Success;
    }

    private NtStatus Retrieve(in ApiCall call, Func<FrameworkRequest, bool> isWanted, ulong result)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        kernel.Memory.WriteUInt64(result, 0);
        if (queue.IsPowerManaged && queue.Device is { IsPowered: false })
        {
            return NtStatus.WdfPaused;
        }

        if (queue.Dispatch == QueueDispatch.Parallel)
        {
            return NtStatus.InvalidDeviceState;
        }

        if (queue.Waiting.FirstOrDefault(isWanted) is not { } request)
        {
            return NtStatus.NoMoreEntries;
        }

        kernel.Memory.WriteUInt64(result, kernel.Framework.Queues.Take(queue, request).Handle);
        return NtStatus.Success;
    }

    private NtStatus Find(in ApiCall call)
    {
        var queue = Objects.Get<FrameworkQueue>(call, 1);
        var after = Objects.GetOptional<FrameworkRequest>(call, 2);
        var file = Objects.GetOptional<FrameworkFileObject>(call, 3);
        kernel.Memory.WriteUInt64(call[5], 0);
        if (after is not null && !queue.Waiting.Contains(after))
        {
            return NtStatus.NotFound;
        }

        var found = queue.Waiting.SkipWhile(request => after is not null && request != after).Skip(after is null ? 0 : 1).FirstOrDefault(request => file is null || request.File == file);
        if (found is null)
        {
            return NtStatus.NoMoreEntries;
        }

        // The driver gives this reference back.
        found.References++;
        found.ReferencedBy = kernel.Traces.Capture();
        if (call[4] != 0)
        {
            RequestParameters.Write(kernel.Memory, found, call[4]);
        }

        kernel.Memory.WriteUInt64(call[5], found.Handle);
        return NtStatus.Success;
    }
}
