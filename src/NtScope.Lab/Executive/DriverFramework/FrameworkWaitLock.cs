using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFWAITLOCK.</summary>
internal sealed class FrameworkWaitLock(FrameworkClient client, ulong signal) : FrameworkObject(client)
{
    /// <summary>The synchronization event that is set while nobody holds it.</summary>
    public ulong Event { get; } = signal;

    /// <summary>Who holds it; null for nobody.</summary>
    public KernelThread? Owner { get; set; }
}
