namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>Which callbacks exclude one another (WDF_SYNCHRONIZATION_SCOPE).</summary>
internal enum SynchronizationScope : uint
{
    Invalid = 0,
    InheritFromParent = 1,
    Device = 2,
    Queue = 3,
    None = 4,
}
