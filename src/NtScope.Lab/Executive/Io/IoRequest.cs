using NtScope.Lab.Drivers;
using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Io;

/// <summary>An IRP on its way, and what is to be done when it is completed.</summary>
internal sealed class IoRequest(ulong irp, ulong process)
{
    /// <summary>The IRP.</summary>
    public ulong Irp { get; } = irp;

    /// <summary>The EPROCESS that it was made in.</summary>
    public ulong Process { get; } = process;

    /// <summary>Whether it has been completed.</summary>
    public bool IsCompleted { get; set; }

    /// <summary>The final status.</summary>
    public NtStatus Status { get; set; }

    /// <summary>The final count of bytes.</summary>
    public ulong Information { get; set; }

    /// <summary>The driver that has it; null for none.</summary>
    public LoadedDriver? Holder { get; private set; }

    /// <summary>The routine by which the driver got it.</summary>
    public ulong HolderRoutine { get; private set; }

    /// <summary>What that routine is for.</summary>
    public string HolderRole { get; private set; } = string.Empty;

    /// <summary>The call that made it; null for the I/O manager.</summary>
    public StackTrace? Origin { get; init; }

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

    /// <summary>A driver gets it.</summary>
    public void HandTo(LoadedDriver? driver, string role, ulong routine) => (Holder, HolderRole, HolderRoutine) = (driver, role, routine);

    /// <summary>How a driver got it.</summary>
    public StackTrace HeldSince(LoadedDriver driver) => new(driver, HolderRole, HolderRoutine, [HolderRoutine]);
}
