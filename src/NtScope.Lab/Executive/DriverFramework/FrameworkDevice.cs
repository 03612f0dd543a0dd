using NtScope.Lab.Executive.Io;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFDEVICE.</summary>
internal sealed class FrameworkDevice(FrameworkClient client, ulong deviceObject, ulong below, DeviceInit setup) : FrameworkObject(client)
{
    /// <summary>The DEVICE_OBJECT.</summary>
    public ulong DeviceObject { get; } = deviceObject;

    /// <summary>The DEVICE_OBJECT that it is attached to; 0 for a control device.</summary>
    public ulong Below { get; } = below;

    /// <summary>How it was described.</summary>
    public DeviceInit Setup { get; } = setup;

    /// <summary>The queue for requests that have no other; null for none.</summary>
    public FrameworkQueue? DefaultQueue { get; set; }

    /// <summary>The queues of kinds of requests that have one.</summary>
    public Dictionary<MajorFunction, FrameworkQueue> Dispatching { get; } = [];

    /// <summary>All of its queues.</summary>
    public List<FrameworkQueue> Queues { get; } = [];

    /// <summary>Its open files, by FILE_OBJECT.</summary>
    public Dictionary<ulong, FrameworkFileObject> Files { get; } = [];

    /// <summary>The rest of its stack as a target of requests; null for a control device.</summary>
    public FrameworkIoTarget? Target { get; set; }

    /// <summary>Symbolic links that go with it.</summary>
    public List<string> Links { get; } = [];

    /// <summary>Whether it is in D0.</summary>
    public bool IsPowered { get; set; }

    /// <summary>Whether it was started.</summary>
    public bool IsStarted { get; set; }
}
