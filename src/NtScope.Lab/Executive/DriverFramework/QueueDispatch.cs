namespace NtScope.Lab.Executive.DriverFramework;

/// <summary>How a queue presents requests (WDF_IO_QUEUE_DISPATCH_TYPE).</summary>
internal enum QueueDispatch : uint
{
    Invalid = 0,
    Sequential = 1,
    Parallel = 2,
    Manual = 3,
}
