using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Requests in queues, and their way to the driver.</summary>
internal sealed class FrameworkQueues(LabKernel kernel)
{
    private readonly GuestMemory _memory = kernel.Memory;

    /// <summary>Puts a request into a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="request">The request.</param>
    /// <param name="atHead">Whether it goes in front of the others.</param>
    public void Insert(FrameworkQueue queue, FrameworkRequest request, bool atHead = false)
    {
        var framework = kernel.Framework;
        if (!queue.Accepts)
        {
            framework.Requests.Complete(request, queue.Refusal, 0);
            return;
        }

        if (_memory.ReadByte(request.Irp + IoLayout.IrpCancel) != 0)
        {
            request.Queue = queue;
            CancelWaiting(request);
            return;
        }

        var wasEmpty = queue.Waiting.Count == 0;
        request.Queue = queue;
        request.IsWaiting = true;
        if (atHead)
        {
            queue.Waiting.AddFirst(request);
        }
        else
        {
            queue.Waiting.AddLast(request);
        }

        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, framework.CancelTrap);
        if (queue.Dispatch == QueueDispatch.Manual && wasEmpty && queue.Ready is { Routine: not 0 } ready)
        {
            framework.Callbacks.AtLevelOf(queue, () => framework.Callbacks.Call(queue, "EvtIoQueueState", ready.Routine, queue.Handle, ready.Context));
        }

        Run(queue);
    }

    /// <summary>Presents what can be presented.</summary>
    public void Run(FrameworkQueue queue)
    {
        if (kernel.Framework.Callbacks.MustWait(queue))
        {
            if (CanPresent(queue))
            {
                kernel.Workers.Queue(() => Run(queue));
            }

            return;
        }

        // A routine that completes its request comes back here; the outer loop goes on with the next one.
        var thread = kernel.Threads.Current;
        if ((queue.Dispatch == QueueDispatch.Sequential && queue.Dispatchers.Count > 0) || !queue.Dispatchers.Add(thread))
        {
            return;
        }

        try
        {
            while (CanPresent(queue))
            {
                kernel.Verifier.Charge(LabLimits.BlocksOfCall);
                Present(queue, Take(queue, queue.Waiting.First!.Value));
            }
        }
        finally
        {
            queue.Dispatchers.Remove(thread);
        }
    }

    /// <summary>Takes a waiting request out; the driver has it then.</summary>
    public FrameworkRequest Take(FrameworkQueue queue, FrameworkRequest request)
    {
        queue.Waiting.Remove(request);
        request.IsWaiting = false;
        request.WasPresented = true;
        request.IsStopAcknowledged = false;
        queue.Presented.Add(request);
        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        return request;
    }

    /// <summary>The driver no longer has a request of a queue.</summary>
    public void Left(FrameworkQueue queue, FrameworkRequest request)
    {
        if (queue.Presented.Remove(request))
        {
            TellIdle(queue);
            Run(queue);
        }
    }

    /// <summary>A waiting request is cancelled: its driver is told if it had it before.</summary>
    public void CancelWaiting(FrameworkRequest request)
    {
        var queue = request.Queue!;
        queue.Waiting.Remove(request);
        request.IsWaiting = false;
        _memory.WriteUInt64(request.Irp + IoLayout.IrpCancelRoutine, 0);
        if (request.WasPresented && queue.OnCancelled != 0)
        {
            queue.Presented.Add(request);
            kernel.Framework.Callbacks.AtLevelOf(queue, () =>
            {
                if (!request.IsCompleted)
                {
                    kernel.Framework.Callbacks.Call(queue, "EvtIoCanceledOnQueue", queue.OnCancelled, queue.Handle, request.Handle);
                }
            });
            return;
        }

        kernel.Framework.Requests.Complete(request, NtStatus.Cancelled, 0);
        TellIdle(queue);
    }

    /// <summary>Ends what is in a queue: what waits is cancelled, and what the driver has where it lets it be cancelled.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="refusal">What new requests end with.</param>
    public void Purge(FrameworkQueue queue, NtStatus refusal)
    {
        queue.Accepts = false;
        queue.Refusal = refusal;
        while (queue.Waiting.First is { } first)
        {
            CancelWaiting(first.Value);
        }

        foreach (var request in queue.Presented.Where(request => request.OnCancel != 0).ToArray())
        {
            kernel.Framework.Requests.TellCancelled(request);
        }
    }

    /// <summary>Asks for a routine to be called once the driver has no request of a queue.</summary>
    public void WhenIdle(FrameworkQueue queue, ulong routine, ulong context)
    {
        queue.Idle = (routine, context);
        TellIdle(queue);
    }

    /// <summary>Waits until the driver has no request of a queue.</summary>
    public void WaitUntilIdle(FrameworkQueue queue)
    {
        if (!IsIdle(queue))
        {
            var signal = kernel.Framework.NewEvent();
            queue.IdleEvents.Add(signal);
            kernel.Dispatcher.WaitFor([signal], all: false, null);
            kernel.Pool.Free(signal);
        }
    }

    private static bool IsIdle(FrameworkQueue queue) => queue.Presented.Count == 0 && (queue.Accepts || queue.Waiting.Count == 0);

    private void TellIdle(FrameworkQueue queue)
    {
        if (!IsIdle(queue))
        {
            return;
        }

        foreach (var signal in queue.IdleEvents)
        {
            kernel.Dispatcher.Signal(signal, 1);
        }

        queue.IdleEvents.Clear();
        var (routine, context) = queue.Idle;
        queue.Idle = default;
        if (routine != 0)
        {
            kernel.Verifier.CallDriver("EvtIoQueueState", routine, queue.Handle, context);
        }
    }

    private static bool CanPresent(FrameworkQueue queue) =>
        queue.Waiting.Count > 0 && queue.IsStarted && !queue.IsDeleted && (!queue.IsPowerManaged || queue.Device is { IsPowered: true }) && queue.Dispatch switch
        {
            QueueDispatch.Sequential => queue.Presented.Count == 0,
            QueueDispatch.Parallel => (uint)queue.Presented.Count < queue.MostPresented,
            _ => false,
        };

    private void Present(FrameworkQueue queue, FrameworkRequest request)
    {
        var parameters = request.Location + IoLayout.LocationParameters;
        var length = _memory.ReadUInt32(parameters);
        if (request.Major is MajorFunction.Read or MajorFunction.Write && length == 0 && !queue.AllowsZeroLength)
        {
            kernel.Framework.Requests.Complete(request, NtStatus.Success, 0);
            return;
        }

        var (slot, what) = request.Major switch
        {
            MajorFunction.Read => (1, "EvtIoRead"),
            MajorFunction.Write => (2, "EvtIoWrite"),
            MajorFunction.DeviceControl => (3, "EvtIoDeviceControl"),
            MajorFunction.InternalDeviceControl => (4, "EvtIoInternalDeviceControl"),
            _ => (0, "EvtIoDefault"),
        };
        if (queue.Events[slot] == 0)
        {
            (slot, what) = (0, "EvtIoDefault");
        }

        if (queue.Events[slot] == 0)
        {
            kernel.Framework.Requests.Complete(request, NtStatus.InvalidDeviceRequest, 0);
            return;
        }

        ReadOnlySpan<ulong> arguments = slot switch
        {
            0 => [queue.Handle, request.Handle],
            1 or 2 => [queue.Handle, request.Handle, length],
            _ => [queue.Handle, request.Handle, length, _memory.ReadUInt32(parameters + 8), _memory.ReadUInt32(parameters + 16)],
        };
        kernel.Framework.Callbacks.Call(queue, what, queue.Events[slot], arguments);
    }
}
