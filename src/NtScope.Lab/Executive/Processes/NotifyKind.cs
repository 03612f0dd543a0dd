namespace NtScope.Lab.Executive.Processes;

/// <summary>What a notify routine is told of.</summary>
internal enum NotifyKind
{
    /// <summary>PsSetCreateProcessNotifyRoutine.</summary>
    Process,

    /// <summary>PsSetCreateProcessNotifyRoutineEx and Ex2.</summary>
    ProcessEx,

    /// <summary>PsSetCreateThreadNotifyRoutine, and PsSetCreateThreadNotifyRoutineEx for threads of all subsystems.</summary>
    Thread,

    /// <summary>PsSetCreateThreadNotifyRoutineEx for threads that are no system threads.</summary>
    NonSystemThread,

    /// <summary>PsSetLoadImageNotifyRoutine.</summary>
    Image,
}
