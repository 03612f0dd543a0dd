namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFMEMORY.</summary>
internal sealed class FrameworkMemory(FrameworkClient client, ulong buffer, ulong size) : FrameworkObject(client)
{
    /// <summary>The buffer.</summary>
    public ulong Buffer { get; set; } = buffer;

    /// <summary>Its bytes.</summary>
    public ulong Size { get; set; } = size;

    /// <summary>Whether the buffer is the driver's and can be exchanged.</summary>
    public bool IsPreallocated { get; init; }
}
