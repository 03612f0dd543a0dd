namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFIOTARGET: the rest of a device's stack.</summary>
internal sealed class FrameworkIoTarget(FrameworkClient client, ulong deviceObject) : FrameworkObject(client)
{
    /// <summary>The DEVICE_OBJECT that requests go to.</summary>
    public ulong DeviceObject { get; } = deviceObject;
}
