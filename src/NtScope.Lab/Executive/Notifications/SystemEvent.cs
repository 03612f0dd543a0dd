namespace NtScope.Lab.Executive.Notifications;

/// <summary>An event of the whole system that drivers have themselves called for.</summary>
internal enum SystemEvent
{
    /// <summary>The system stops: KeRegisterBugCheckCallback.</summary>
    BugCheck,

    /// <summary>The system stops, for a reason: KeRegisterBugCheckReasonCallback.</summary>
    BugCheckReason,

    /// <summary>The system shuts down: IoRegisterShutdownNotification.</summary>
    Shutdown,

    /// <summary>The system shuts down, after file systems are flushed: IoRegisterLastChanceShutdownNotification.</summary>
    LastChanceShutdown,

    /// <summary>A file system comes or goes: IoRegisterFsRegistrationChange.</summary>
    FileSystem,

    /// <summary>A logon session ends: SeRegisterLogonSessionTerminatedRoutine.</summary>
    LogonSession,

    /// <summary>A logon session ends, with a context: SeRegisterLogonSessionTerminatedRoutineEx.</summary>
    LogonSessionEx,

    /// <summary>A non-maskable interrupt: KeRegisterNmiCallback.</summary>
    NonMaskableInterrupt,

    /// <summary>A device comes or goes: IoRegisterPlugPlayNotification.</summary>
    PlugPlay,

    /// <summary>A power setting changes: PoRegisterPowerSettingCallback.</summary>
    PowerSetting,
}
