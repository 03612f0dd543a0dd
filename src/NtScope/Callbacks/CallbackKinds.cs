namespace NtScope.Callbacks;

/// <summary>What a callback is called for.</summary>
public static class CallbackKinds
{
    /// <summary>A process is created or ends (PsSetCreateProcessNotifyRoutine and its later forms).</summary>
    public const string Process = "process";

    /// <summary>A thread is created or ends (PsSetCreateThreadNotifyRoutine).</summary>
    public const string Thread = "thread";

    /// <summary>An image is mapped (PsSetLoadImageNotifyRoutine).</summary>
    public const string Image = "image";

    /// <summary>The registry is used (CmRegisterCallback).</summary>
    public const string Registry = "registry";

    /// <summary>A handle to a process, thread or desktop is opened or duplicated (ObRegisterCallbacks).</summary>
    public const string Object = "object";

    /// <summary>The system stops (KeRegisterBugCheckCallback).</summary>
    public const string BugCheck = "bugcheck";

    /// <summary>The system stops, for a reason such as writing the dump (KeRegisterBugCheckReasonCallback).</summary>
    public const string BugCheckReason = "bugcheck-reason";

    /// <summary>The system shuts down (IoRegisterShutdownNotification).</summary>
    public const string Shutdown = "shutdown";

    /// <summary>The system shuts down, after file systems are flushed (IoRegisterLastChanceShutdownNotification).</summary>
    public const string LastChanceShutdown = "last-chance-shutdown";

    /// <summary>A logon session ends (SeRegisterLogonSessionTerminatedRoutine).</summary>
    public const string LogonSession = "logon-session";

    /// <summary>A file system comes or goes (IoRegisterFsRegistrationChange).</summary>
    public const string FileSystem = "file-system";

    /// <summary>A non-maskable interrupt (KeRegisterNmiCallback).</summary>
    public const string NonMaskableInterrupt = "nmi";

    /// <summary>File operations, through the filter manager.</summary>
    public const string Minifilter = "minifilter";
}
