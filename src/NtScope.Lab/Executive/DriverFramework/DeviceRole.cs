namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What a device is in its stack.</summary>
internal enum DeviceRole
{
    /// <summary>A control device, outside of Plug and Play.</summary>
    Control,

    /// <summary>A function device.</summary>
    Function,

    /// <summary>A filter device: it passes on what it does not handle.</summary>
    Filter,
}
