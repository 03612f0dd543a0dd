using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Filters;

/// <summary>A registered minifilter with its one instance on the volume.</summary>
internal sealed class MiniFilter(ulong driverObject, LoadedDriver? owner, Altitude altitude)
{
    /// <summary>What the driver knows it by (PFLT_FILTER).</summary>
    public ulong Handle { get; set; }

    /// <summary>Its instance (PFLT_INSTANCE); 0 until filtering starts.</summary>
    public ulong Instance { get; set; }

    /// <summary>The DRIVER_OBJECT.</summary>
    public ulong DriverObject { get; } = driverObject;

    /// <summary>The driver.</summary>
    public LoadedDriver? Owner { get; } = owner;

    /// <summary>The call that registered it.</summary>
    public StackTrace? Origin { get; init; }

    /// <summary>Where it stands: higher ones are asked first.</summary>
    public Altitude Altitude { get; } = altitude;

    /// <summary>The operations, by IRP_MJ code.</summary>
    public required IReadOnlyDictionary<byte, FilteredOperation> Operations { get; init; }

    /// <summary>Context types that were registered, with their sizes and routines.</summary>
    public List<ContextRegistration> Contexts { get; } = [];

    /// <summary>FilterUnloadCallback; 0 for none.</summary>
    public ulong Unload { get; init; }

    /// <summary>InstanceSetupCallback; 0 for none.</summary>
    public ulong Setup { get; init; }

    /// <summary>InstanceTeardownStartCallback; 0 for none.</summary>
    public ulong TeardownStart { get; init; }

    /// <summary>InstanceTeardownCompleteCallback; 0 for none.</summary>
    public ulong TeardownComplete { get; init; }

    /// <summary>References that FltObjectReference took to the minifilter or its instance and that are not given back.</summary>
    public int References { get; set; }

    /// <summary>The event that FltUnregisterFilter waits for until they are; 0 while it does not.</summary>
    public ulong ReferencesGone { get; set; }

    /// <summary>Whether FltStartFiltering was called and the instance is attached.</summary>
    public bool IsAttached { get; set; }
}
