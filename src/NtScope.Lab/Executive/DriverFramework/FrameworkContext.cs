namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>A driver's memory that belongs to an object, and the driver's routines for the object's end.</summary>
/// <param name="Type">The WDF_OBJECT_CONTEXT_TYPE_INFO; 0 where there are only routines.</param>
/// <param name="Address">The memory in nonpaged pool; 0 for none.</param>
/// <param name="Cleanup">EvtCleanupCallback; 0 for none.</param>
/// <param name="Destroy">EvtDestroyCallback; 0 for none.</param>
internal readonly record struct FrameworkContext(ulong Type, ulong Address, ulong Cleanup, ulong Destroy);
