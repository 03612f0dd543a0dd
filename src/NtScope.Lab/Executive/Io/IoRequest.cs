using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Io;

/// <summary>An IRP on its way, and what is to be done when it is completed.</summary>
internal sealed class IoRequest(ulong irp)
{
    /// <summary>The IRP.</summary>
    public ulong Irp { get; } = irp;

    /// <summary>Whether it has been completed.</summary>
    public bool IsCompleted { get; set; }

    /// <summary>The final status.</summary>
    public NtStatus Status { get; set; }

    /// <summary>The final count of bytes.</summary>
    public ulong Information { get; set; }

    /// <summary>The driver that has it; null for none.</summary>
    public LoadedDriver? Holder { get; set; }

    /// <summary>The event that is signalled at the end; 0 for none.</summary>
    public ulong Event { get; set; }

    /// <summary>Whether the executive frees it when it is completed: IRPs that a driver allocated by IoAllocateIrp stay.</summary>
    public bool IsOwnedByExecutive { get; init; } = true;

    /// <summary>Whether it lies in memory of a driver's own, that the driver may give another use at any time.</summary>
    public bool IsInDriverMemory { get; set; }

    /// <summary>What is done at the end, before the IRP goes; null for nothing.</summary>
    public Action<IoRequest>? Completed { get; set; }

    /// <summary>Stack locations that were marked pending when the request was completed.</summary>
    public List<ulong> PendedLocations { get; } = [];
}
