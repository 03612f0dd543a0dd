using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFREQUEST that came with an IRP.</summary>
internal sealed class FrameworkRequest(FrameworkDevice device, ulong irp, ulong location, MajorFunction major) : FrameworkObject(device.Client)
{
    /// <summary>The IRP.</summary>
    public ulong Irp { get; } = irp;

    /// <summary>The IO_STACK_LOCATION of the driver.</summary>
    public ulong Location { get; } = location;

    /// <summary>What is asked for.</summary>
    public MajorFunction Major { get; } = major;

    /// <summary>The device that it came to.</summary>
    public FrameworkDevice Target { get; } = device;

    /// <summary>The queue that it is in, or that the driver has it from; null for none.</summary>
    public FrameworkQueue? Queue { get; set; }

    /// <summary>Whether it waits in the queue; otherwise the driver has it.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Whether the driver has had it.</summary>
    public bool WasPresented { get; set; }

    /// <summary>Whether it is completed.</summary>
    public bool IsCompleted { get; set; }

    /// <summary>EvtRequestCancel while the driver lets it be cancelled; 0 otherwise.</summary>
    public ulong OnCancel { get; set; }

    /// <summary>Whether EvtRequestCancel was called.</summary>
    public bool IsCancelTold { get; set; }

    /// <summary>Whether the driver answered EvtIoStop.</summary>
    public bool IsStopAcknowledged { get; set; }

    /// <summary>IoStatus.Information as set by the driver.</summary>
    public ulong Information { get; set; }

    /// <summary>The file that it came through; null for none.</summary>
    public FrameworkFileObject? File { get; set; }

    /// <summary>The input as memory; null until the driver asked.</summary>
    public FrameworkMemory? Input { get; set; }

    /// <summary>The output as memory; null until the driver asked.</summary>
    public FrameworkMemory? Output { get; set; }

    /// <summary>EvtRequestCompletionRoutine with its context; 0 for none.</summary>
    public (ulong Routine, ulong Context) Completion { get; set; }

    /// <summary>Where it was sent to and has not come back from; null for nowhere.</summary>
    public FrameworkIoTarget? SentTo { get; set; }

    /// <summary>The event that is set when it comes back; 0 if nobody waits.</summary>
    public ulong SentEvent { get; set; }

    /// <summary>How it came back.</summary>
    public NtStatus SentStatus { get; set; }

    /// <summary>WDF_REQUEST_COMPLETION_PARAMS in memory; 0 until it came back.</summary>
    public ulong CompletionParameters { get; set; }
}
