using NtScope.Lab.Executive.Objects;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFKEY: an open registry key.</summary>
internal sealed class FrameworkKey(FrameworkClient client, KernelObject key, ulong handle) : FrameworkObject(client)
{
    /// <summary>The key.</summary>
    public KernelObject Key { get; } = key;

    /// <summary>Its kernel handle.</summary>
    public ulong KeyHandle { get; } = handle;
}
