namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>The highest level that callbacks of an object are called at (WDF_EXECUTION_LEVEL).</summary>
internal enum ExecutionLevel : uint
{
    Invalid = 0,
    InheritFromParent = 1,
    Passive = 2,
    Dispatch = 3,
}
