namespace NtScope.Lab.Executive.Processes;

/// <summary>What a notify routine is told of.</summary>
internal enum NotifyKind
{
    /// <summary>PsSetCreateProcessNotifyRoutine.</summary>
    Process,

    /// <summary>PsSetCreateProcessNotifyRoutineEx and Ex2.</summary>
    ProcessEx,

    /// <summary>PsSetCreateThreadNotifyRoutine.</summary>
    Thread,

    /// <summary>PsSetLoadImageNotifyRoutine.</summary>
    Image,
}
