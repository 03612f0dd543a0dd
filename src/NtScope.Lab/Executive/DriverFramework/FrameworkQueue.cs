using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFQUEUE.</summary>
internal sealed class FrameworkQueue(FrameworkClient client) : FrameworkObject(client)
{
    /// <summary>How it presents requests.</summary>
    public QueueDispatch Dispatch { get; init; }

    /// <summary>The routines for requests, in the order of WDF_IO_QUEUE_CONFIG: default, read, write, control, internal control, stop, resume, cancelled.</summary>
    public ulong[] Events { get; init; } = [];

    /// <summary>Whether reads and writes of no bytes are presented.</summary>
    public bool AllowsZeroLength { get; init; }

    /// <summary>Whether it rests while the device is not in D0.</summary>
    public bool IsPowerManaged { get; init; }

    /// <summary>How many requests a parallel queue presents at a time.</summary>
    public uint MostPresented { get; init; } = uint.MaxValue;

    /// <summary>Whether it takes requests.</summary>
    public bool Accepts { get; set; } = true;

    /// <summary>Whether it presents requests.</summary>
    public bool IsStarted { get; set; } = true;

    /// <summary>What new requests end with while it takes none.</summary>
    public Drivers.NtStatus Refusal { get; set; }

    /// <summary>Requests that wait in it.</summary>
    public LinkedList<FrameworkRequest> Waiting { get; } = [];

    /// <summary>Requests that the driver has from it.</summary>
    public HashSet<FrameworkRequest> Presented { get; } = [];

    /// <summary>Threads that present requests from it.</summary>
    public HashSet<KernelThread> Dispatchers { get; } = [];

    /// <summary>EvtIoQueueState for a request that comes to an empty manual queue, with its context; 0 for none.</summary>
    public (ulong Routine, ulong Context) Ready { get; set; }

    /// <summary>EvtIoQueueState to call once the driver has no request of it, with its context; 0 for none.</summary>
    public (ulong Routine, ulong Context) Idle { get; set; }

    /// <summary>Events that are set once the driver has no request of it.</summary>
    public List<ulong> IdleEvents { get; } = [];

    /// <summary>EvtIoStop; 0 for none.</summary>
    public ulong OnStop => Events[5];

    /// <summary>EvtIoResume; 0 for none.</summary>
    public ulong OnResume => Events[6];

    /// <summary>EvtIoCanceledOnQueue; 0 for none.</summary>
    public ulong OnCancelled => Events[7];
}
