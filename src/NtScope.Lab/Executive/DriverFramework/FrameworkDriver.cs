namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFDRIVER.</summary>
internal sealed class FrameworkDriver(FrameworkClient client) : FrameworkObject(client)
{
    /// <summary>EvtDriverDeviceAdd; 0 for none.</summary>
    public ulong DeviceAdd { get; init; }

    /// <summary>EvtDriverUnload; 0 for none.</summary>
    public ulong Unload { get; init; }

    /// <summary>The text of its registry key in memory.</summary>
    public ulong RegistryPath { get; init; }

    /// <summary>Its registry key.</summary>
    public string RegistryKey { get; init; } = string.Empty;
}
