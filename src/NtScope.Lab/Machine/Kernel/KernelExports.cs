namespace NtScope.Lab.Machine.Kernel;

/// <summary>Names that the driver kits document or that drivers are known to import, and that x64 kernels export.</summary>
internal static class KernelExports
{
    /// <summary>Variables.</summary>
    public static readonly string[] Variables =
    [
        "CcFastMdlReadWait", "ExDesktopObjectType", "ExEventObjectType", "ExSemaphoreObjectType", "ExWindowStationObjectType", "FsRtlLegalAnsiCharacterArray",
        "InitSafeBootMode", "IoAdapterObjectType", "IoDeviceObjectType", "IoDriverObjectType", "IoFileObjectType", "KdDebuggerEnabled", "KdDebuggerNotPresent",
        "KeNumberProcessors", "LpcPortObjectType", "MmHighestUserAddress", "MmSectionObjectType", "MmSystemRangeStart", "MmUserProbeAddress", "NlsMbCodePageTag",
        "NtBuildLab", "NtBuildNumber", "NtGlobalFlag", "PsInitialSystemProcess", "PsLoadedModuleList", "PsLoadedModuleResource", "PsProcessType", "PsThreadType",
        "SeTokenObjectType", "TmResourceManagerObjectType",
    ];

    /// <summary>Those of them that only x64 kernels export.</summary>
    public static readonly string[] WideVariables = ["NtBuildLab", "PsLoadedModuleList", "PsLoadedModuleResource", "TmResourceManagerObjectType"];

    /// <summary>Services that are exported under their own names.</summary>
    public static readonly string[] Services =
    [
        "NtAddAtom", "NtAdjustPrivilegesToken", "NtAllocateVirtualMemory", "NtClose", "NtConnectPort", "NtCreateEvent", "NtCreateFile", "NtCreateSection",
        "NtDeleteAtom", "NtDeleteFile", "NtDeviceIoControlFile", "NtDuplicateObject", "NtDuplicateToken", "NtFindAtom", "NtFreeVirtualMemory", "NtFsControlFile",
        "NtLockFile", "NtMakePermanentObject", "NtMapViewOfSection", "NtNotifyChangeDirectoryFile", "NtOpenFile", "NtOpenProcess", "NtOpenProcessToken",
        "NtOpenThread", "NtQueryDirectoryFile", "NtQueryEaFile", "NtQueryInformationAtom", "NtQueryInformationFile", "NtQueryInformationProcess",
        "NtQueryInformationThread", "NtQueryInformationToken", "NtQueryQuotaInformationFile", "NtQuerySecurityObject", "NtQuerySystemInformation",
        "NtQueryVolumeInformationFile", "NtReadFile", "NtRequestPort", "NtRequestWaitReplyPort", "NtSetEaFile", "NtSetEvent", "NtSetInformationFile",
        "NtSetInformationProcess", "NtSetInformationThread", "NtSetQuotaInformationFile", "NtSetSecurityObject", "NtSetVolumeInformationFile", "NtShutdownSystem",
        "NtTraceEvent", "NtUnlockFile", "NtWaitForSingleObject", "NtWriteFile",
    ];

    /// <summary>Functions.</summary>
    public static readonly string[] Functions =
    [
        "CmCallbackGetKeyObjectID", "CmRegisterCallback", "CmRegisterCallbackEx", "CmUnRegisterCallback", "DbgPrint", "DbgPrintEx", "ExAcquireFastMutex",
        "ExAllocatePool", "ExAllocatePool2", "ExAllocatePoolWithTag", "ExFreePool", "ExFreePoolWithTag", "ExRegisterCallback", "ExReleaseFastMutex",
        "FsRtlRegisterFileSystemFilterCallbacks", "IoAllocateIrp", "IoAttachDeviceToDeviceStackSafe", "IoCreateDevice", "IoCreateSymbolicLink", "IoDeleteDevice",
        "IoDeleteSymbolicLink", "IoDetachDevice", "IoGetCurrentProcess", "IoGetDeviceObjectPointer", "IoRegisterShutdownNotification", "IofCallDriver",
        "IofCompleteRequest", "KeBugCheck", "KeBugCheckEx", "KeDelayExecutionThread", "KeInitializeEvent", "KeInitializeDpc", "KeInitializeTimer",
        "KeRegisterBugCheckCallback", "KeRegisterBugCheckReasonCallback", "KeSetEvent", "KeSetPriorityThread", "KeWaitForMultipleObjects",
        "KeWaitForSingleObject", "MmGetPhysicalAddress", "MmGetSystemRoutineAddress", "MmMapIoSpace", "MmMapLockedPagesSpecifyCache", "ObCloseHandle",
        "ObOpenObjectByPointer", "ObReferenceObjectByHandle", "ObReferenceObjectByName", "ObRegisterCallbacks", "ObUnRegisterCallbacks",
        "ObfDereferenceObject", "ObfReferenceObject", "PoCallDriver", "PsCreateSystemThread", "PsGetCurrentProcessId", "PsGetCurrentThreadId",
        "PsGetProcessId", "PsGetProcessImageFileName", "PsLookupProcessByProcessId", "PsLookupThreadByThreadId", "PsRemoveCreateThreadNotifyRoutine",
        "PsRemoveLoadImageNotifyRoutine", "PsSetCreateProcessNotifyRoutine", "PsSetCreateProcessNotifyRoutineEx", "PsSetCreateThreadNotifyRoutine",
        "PsSetLoadImageNotifyRoutine", "RtlAppendUnicodeToString", "RtlCompareMemory", "RtlCopyUnicodeString", "RtlEqualUnicodeString", "RtlGetVersion",
        "RtlInitUnicodeString", "SeRegisterLogonSessionTerminatedRoutine", "memcpy", "memset", "strlen", "wcslen",
    ];
}
