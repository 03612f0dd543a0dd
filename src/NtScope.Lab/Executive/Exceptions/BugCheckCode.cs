namespace NtScope.Lab.Executive.Exceptions;

/// <summary>Stop codes that the executive itself raises (bugcodes.h).</summary>
internal enum BugCheckCode : uint
{
    /// <summary>IRQL_NOT_LESS_OR_EQUAL.</summary>
    IrqlNotLessOrEqual = 0x0A,

    /// <summary>MAXIMUM_WAIT_OBJECTS_EXCEEDED.</summary>
    MaximumWaitObjectsExceeded = 0x0C,

    /// <summary>KMODE_EXCEPTION_NOT_HANDLED.</summary>
    KernelModeExceptionNotHandled = 0x1E,

    /// <summary>KERNEL_APC_PENDING_DURING_EXIT.</summary>
    KernelApcPendingDuringExit = 0x20,

    /// <summary>QUOTA_UNDERFLOW.</summary>
    QuotaUnderflow = 0x21,

    /// <summary>MULTIPLE_IRP_COMPLETE_REQUESTS.</summary>
    MultipleIrpCompleteRequests = 0x44,

    /// <summary>PAGE_FAULT_IN_NONPAGED_AREA.</summary>
    PageFaultInNonpagedArea = 0x50,

    /// <summary>UNEXPECTED_KERNEL_MODE_TRAP.</summary>
    UnexpectedKernelModeTrap = 0x7F,

    /// <summary>SYSTEM_SERVICE_EXCEPTION.</summary>
    SystemServiceException = 0x3B,

    /// <summary>ATTEMPTED_SWITCH_FROM_DPC.</summary>
    AttemptedSwitchFromDpc = 0xB8,

    /// <summary>BAD_POOL_CALLER.</summary>
    BadPoolCaller = 0xC2,

    /// <summary>DRIVER_VERIFIER_DETECTED_VIOLATION.</summary>
    VerifierDetectedViolation = 0xC4,

    /// <summary>DRIVER_IRQL_NOT_LESS_OR_EQUAL.</summary>
    DriverIrqlNotLessOrEqual = 0xD1,

    /// <summary>ATTEMPTED_WRITE_TO_READONLY_MEMORY.</summary>
    AttemptedWriteToReadOnlyMemory = 0xBE,

    /// <summary>CRITICAL_PROCESS_DIED.</summary>
    CriticalProcessDied = 0xEF,

    /// <summary>WORKER_INVALID.</summary>
    WorkerInvalid = 0xE4,

    /// <summary>ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY.</summary>
    AttemptedExecuteOfNoExecuteMemory = 0xFC,

    /// <summary>KERNEL_SECURITY_CHECK_FAILURE.</summary>
    KernelSecurityCheckFailure = 0x139,

    /// <summary>A driver misused the driver framework.</summary>
    WdfViolation = 0x10D,
}
