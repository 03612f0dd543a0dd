using NtScope.Lab.Executive.Threads;

namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>What makes the callbacks of a device or a queue exclude one another.</summary>
internal sealed class CallbackLock
{
    /// <summary>Who is inside; null for nobody.</summary>
    public KernelThread? Owner { get; set; }

    /// <summary>How often it went in.</summary>
    public int Depth { get; set; }

    /// <summary>Its level before.</summary>
    public Irql Previous { get; set; }
}
