using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A WDFSPINLOCK.</summary>
internal sealed class FrameworkSpinLock(FrameworkClient client) : FrameworkObject(client)
{
    /// <summary>Who holds it; null for nobody.</summary>
    public KernelThread? Owner { get; set; }

    /// <summary>The level before it was acquired.</summary>
    public Irql Previous { get; set; }
}
