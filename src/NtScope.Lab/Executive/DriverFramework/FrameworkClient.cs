using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A driver that is bound to the framework.</summary>
/// <param name="driver">Its image.</param>
/// <param name="globals">Its WDF_DRIVER_GLOBALS.</param>
/// <param name="table">Its table of functions; 0 if they were copied to memory of its own.</param>
/// <param name="origin">The call that bound it.</param>
internal sealed class FrameworkClient(LoadedDriver driver, ulong globals, ulong table, StackTrace? origin)
{
    /// <summary>Its image.</summary>
    public LoadedDriver Loaded { get; } = driver;

    /// <summary>The call that bound it.</summary>
    public StackTrace? Origin { get; } = origin;

    /// <summary>Its WDF_DRIVER_GLOBALS.</summary>
    public ulong Globals { get; } = globals;

    /// <summary>Its table of functions; 0 if they were copied to memory of its own.</summary>
    public ulong Table { get; } = table;

    /// <summary>Its DRIVER_OBJECT.</summary>
    public ulong DriverObject => Loaded.DriverObject;

    /// <summary>Its WDFDRIVER; null before WdfDriverCreate.</summary>
    public FrameworkDriver? Driver { get; set; }

    /// <summary>The tag of its allocations.</summary>
    public uint Tag { get; set; }

    /// <summary>Devices that are being described, by the address of their WDFDEVICE_INIT.</summary>
    public Dictionary<ulong, DeviceInit> Inits { get; } = [];

    /// <summary>Requests that came by IRPs and are not completed, by IRP.</summary>
    public Dictionary<ulong, FrameworkRequest> Requests { get; } = [];
}
