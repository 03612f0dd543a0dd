namespace NtScope.Lab.Executive.Threads;

/// <summary>Types in a DISPATCHER_HEADER.</summary>
internal enum DispatcherObject : byte
{
    /// <summary>A notification event.</summary>
    NotificationEvent = 0,

    /// <summary>A synchronization event.</summary>
    SynchronizationEvent = 1,

    /// <summary>A mutex.</summary>
    Mutant = 2,

    /// <summary>A process.</summary>
    Process = 3,

    /// <summary>A semaphore.</summary>
    Semaphore = 5,

    /// <summary>A thread.</summary>
    Thread = 6,

    /// <summary>A notification timer.</summary>
    NotificationTimer = 8,

    /// <summary>A synchronization timer.</summary>
    SynchronizationTimer = 9,
}
