namespace NtScope.Lab.Drivers;

/// <summary>NTSTATUS values that the lab itself returns (ntstatus.h). A driver may return any other; casts keep the number.</summary>
public enum NtStatus : uint
{
    /// <summary>STATUS_SUCCESS.</summary>
    Success = 0x00000000,

    /// <summary>STATUS_USER_APC.</summary>
    UserApc = 0x000000C0,

    /// <summary>STATUS_TIMEOUT.</summary>
    Timeout = 0x00000102,

    /// <summary>STATUS_PENDING.</summary>
    Pending = 0x00000103,

    /// <summary>STATUS_ALERTED.</summary>
    Alerted = 0x00000101,

    /// <summary>STATUS_REPARSE.</summary>
    Reparse = 0x00000104,

    /// <summary>STATUS_MORE_ENTRIES.</summary>
    MoreEntries = 0x00000105,

    /// <summary>STATUS_NOTIFY_ENUM_DIR.</summary>
    NotifyEnumDirectory = 0x0000010C,

    /// <summary>STATUS_OBJECT_NAME_EXISTS.</summary>
    ObjectNameExists = 0x40000000,

    /// <summary>STATUS_GUARD_PAGE_VIOLATION.</summary>
    GuardPageViolation = 0x80000001,

    /// <summary>STATUS_BREAKPOINT.</summary>
    Breakpoint = 0x80000003,

    /// <summary>STATUS_BUFFER_OVERFLOW.</summary>
    BufferOverflow = 0x80000005,

    /// <summary>STATUS_NO_MORE_FILES.</summary>
    NoMoreFiles = 0x80000006,

    /// <summary>STATUS_NO_MORE_ENTRIES.</summary>
    NoMoreEntries = 0x8000001A,

    /// <summary>STATUS_DATATYPE_MISALIGNMENT.</summary>
    DatatypeMisalignment = 0x80000002,

    /// <summary>STATUS_DEVICE_ALREADY_ATTACHED.</summary>
    DeviceAlreadyAttached = 0xC0000038,

    /// <summary>STATUS_DEVICE_BUSY.</summary>
    DeviceBusy = 0x80000011,

    /// <summary>STATUS_FWP_CALLOUT_NOT_FOUND.</summary>
    FwpCalloutNotFound = 0xC0220001,

    /// <summary>STATUS_FWP_CONDITION_NOT_FOUND.</summary>
    FwpConditionNotFound = 0xC0220002,

    /// <summary>STATUS_FWP_FILTER_NOT_FOUND.</summary>
    FwpFilterNotFound = 0xC0220003,

    /// <summary>STATUS_FWP_PROVIDER_NOT_FOUND.</summary>
    FwpProviderNotFound = 0xC0220005,

    /// <summary>STATUS_FWP_SUBLAYER_NOT_FOUND.</summary>
    FwpSubLayerNotFound = 0xC0220007,

    /// <summary>STATUS_FWP_ALREADY_EXISTS.</summary>
    FwpAlreadyExists = 0xC0220009,

    /// <summary>STATUS_FWP_IN_USE.</summary>
    FwpInUse = 0xC022000A,

    /// <summary>STATUS_FWP_NO_TXN_IN_PROGRESS.</summary>
    FwpNoTransaction = 0xC022000D,

    /// <summary>STATUS_FWP_TXN_IN_PROGRESS.</summary>
    FwpTransactionInProgress = 0xC022000E,

    /// <summary>STATUS_FWP_TIMEOUT.</summary>
    FwpTimeout = 0xC0220012,

    /// <summary>STATUS_FWP_NULL_DISPLAY_NAME.</summary>
    FwpNullDisplayName = 0xC0220023,

    /// <summary>STATUS_FWP_INVALID_ACTION_TYPE.</summary>
    FwpInvalidActionType = 0xC0220024,

    /// <summary>STATUS_FWP_INVALID_PARAMETER.</summary>
    FwpInvalidParameter = 0xC0220035,

    /// <summary>STATUS_UNSUCCESSFUL.</summary>
    Unsuccessful = 0xC0000001,

    /// <summary>STATUS_NOT_IMPLEMENTED.</summary>
    NotImplemented = 0xC0000002,

    /// <summary>STATUS_INVALID_INFO_CLASS.</summary>
    InvalidInfoClass = 0xC0000003,

    /// <summary>STATUS_INFO_LENGTH_MISMATCH.</summary>
    InfoLengthMismatch = 0xC0000004,

    /// <summary>STATUS_ACCESS_VIOLATION.</summary>
    AccessViolation = 0xC0000005,

    /// <summary>STATUS_INVALID_HANDLE.</summary>
    InvalidHandle = 0xC0000008,

    /// <summary>STATUS_INVALID_CID.</summary>
    InvalidCid = 0xC000000B,

    /// <summary>STATUS_INVALID_PARAMETER.</summary>
    InvalidParameter = 0xC000000D,

    /// <summary>STATUS_NO_SUCH_DEVICE.</summary>
    NoSuchDevice = 0xC000000E,

    /// <summary>STATUS_NO_SUCH_FILE.</summary>
    NoSuchFile = 0xC000000F,

    /// <summary>STATUS_INVALID_DEVICE_REQUEST.</summary>
    InvalidDeviceRequest = 0xC0000010,

    /// <summary>STATUS_END_OF_FILE.</summary>
    EndOfFile = 0xC0000011,

    /// <summary>STATUS_MORE_PROCESSING_REQUIRED.</summary>
    MoreProcessingRequired = 0xC0000016,

    /// <summary>STATUS_NO_MEMORY.</summary>
    NoMemory = 0xC0000017,

    /// <summary>STATUS_ILLEGAL_INSTRUCTION.</summary>
    IllegalInstruction = 0xC000001D,

    /// <summary>STATUS_NONCONTINUABLE_EXCEPTION.</summary>
    NonContinuableException = 0xC0000025,

    /// <summary>STATUS_ACCESS_DENIED.</summary>
    AccessDenied = 0xC0000022,

    /// <summary>STATUS_BUFFER_TOO_SMALL.</summary>
    BufferTooSmall = 0xC0000023,

    /// <summary>STATUS_OBJECT_TYPE_MISMATCH.</summary>
    ObjectTypeMismatch = 0xC0000024,

    /// <summary>STATUS_BAD_STACK.</summary>
    BadStack = 0xC0000028,

    /// <summary>STATUS_OBJECT_NAME_INVALID.</summary>
    ObjectNameInvalid = 0xC0000033,

    /// <summary>STATUS_OBJECT_NAME_NOT_FOUND.</summary>
    ObjectNameNotFound = 0xC0000034,

    /// <summary>STATUS_OBJECT_NAME_COLLISION.</summary>
    ObjectNameCollision = 0xC0000035,

    /// <summary>STATUS_OBJECT_PATH_NOT_FOUND.</summary>
    ObjectPathNotFound = 0xC000003A,

    /// <summary>STATUS_OBJECT_PATH_SYNTAX_BAD.</summary>
    ObjectPathSyntaxBad = 0xC000003B,

    /// <summary>STATUS_SHARING_VIOLATION.</summary>
    SharingViolation = 0xC0000043,

    /// <summary>STATUS_QUOTA_EXCEEDED.</summary>
    QuotaExceeded = 0xC0000044,

    /// <summary>STATUS_MUTANT_NOT_OWNED.</summary>
    MutantNotOwned = 0xC0000046,

    /// <summary>STATUS_SEMAPHORE_LIMIT_EXCEEDED.</summary>
    SemaphoreLimitExceeded = 0xC0000047,

    /// <summary>STATUS_DELETE_PENDING.</summary>
    DeletePending = 0xC0000056,

    /// <summary>STATUS_INVALID_IMAGE_FORMAT.</summary>
    InvalidImageFormat = 0xC000007B,

    /// <summary>STATUS_INTEGER_DIVIDE_BY_ZERO.</summary>
    IntegerDivideByZero = 0xC0000094,

    /// <summary>STATUS_PRIVILEGED_INSTRUCTION.</summary>
    PrivilegedInstruction = 0xC0000096,

    /// <summary>STATUS_INSUFFICIENT_RESOURCES.</summary>
    InsufficientResources = 0xC000009A,

    /// <summary>STATUS_DISK_FULL.</summary>
    DiskFull = 0xC000007F,

    /// <summary>STATUS_FILE_IS_A_DIRECTORY.</summary>
    FileIsADirectory = 0xC00000BA,

    /// <summary>STATUS_NOT_SUPPORTED.</summary>
    NotSupported = 0xC00000BB,

    /// <summary>STATUS_BAD_NETWORK_NAME.</summary>
    BadNetworkName = 0xC00000CC,

    /// <summary>STATUS_INTERNAL_ERROR.</summary>
    InternalError = 0xC00000E5,

    /// <summary>STATUS_BAD_FUNCTION_TABLE.</summary>
    BadFunctionTable = 0xC00000FF,

    /// <summary>STATUS_DIRECTORY_NOT_EMPTY.</summary>
    DirectoryNotEmpty = 0xC0000101,

    /// <summary>STATUS_NOT_A_DIRECTORY.</summary>
    NotADirectory = 0xC0000103,

    /// <summary>STATUS_NAME_TOO_LONG.</summary>
    NameTooLong = 0xC0000106,

    /// <summary>STATUS_CANNOT_DELETE.</summary>
    CannotDelete = 0xC0000121,

    /// <summary>STATUS_PROCESS_IS_TERMINATING.</summary>
    ProcessIsTerminating = 0xC000010A,

    /// <summary>STATUS_FILE_CLOSED.</summary>
    FileClosed = 0xC0000128,

    /// <summary>STATUS_FILE_DELETED.</summary>
    FileDeleted = 0xC0000123,

    /// <summary>STATUS_CANCELLED.</summary>
    Cancelled = 0xC0000120,

    /// <summary>STATUS_INVALID_DEVICE_STATE.</summary>
    InvalidDeviceState = 0xC0000184,

    /// <summary>STATUS_KEY_DELETED.</summary>
    KeyDeleted = 0xC000017C,

    /// <summary>STATUS_ENTRYPOINT_NOT_FOUND.</summary>
    DriverEntryPointNotFound = 0xC0000263,

    /// <summary>STATUS_NOT_FOUND.</summary>
    NotFound = 0xC0000225,

    /// <summary>STATUS_DLL_NOT_FOUND.</summary>
    DllNotFound = 0xC0000135,

    /// <summary>STATUS_PRIVILEGE_NOT_HELD.</summary>
    PrivilegeNotHeld = 0xC0000061,

    /// <summary>STATUS_INVALID_BUFFER_SIZE.</summary>
    InvalidBufferSize = 0xC0000206,

    /// <summary>STATUS_ASSERTION_FAILURE.</summary>
    AssertionFailure = 0xC0000420,

    /// <summary>STATUS_FLT_DO_NOT_ATTACH.</summary>
    FltDoNotAttach = 0xC01C000F,

    /// <summary>STATUS_FLT_INSTANCE_ALTITUDE_COLLISION.</summary>
    FltInstanceAltitudeCollision = 0xC01C0011,

    /// <summary>STATUS_FLT_DELETING_OBJECT.</summary>
    FltDeletingObject = 0xC01C000B,

    /// <summary>STATUS_FLT_CONTEXT_ALREADY_DEFINED.</summary>
    FltContextAlreadyDefined = 0xC01C0002,

    /// <summary>STATUS_FLT_NO_HANDLER_DEFINED.</summary>
    FltNoHandlerDefined = 0xC01C0001,

    /// <summary>STATUS_FLT_INVALID_NAME_REQUEST.</summary>
    FltInvalidNameRequest = 0xC01C0005,

    /// <summary>STATUS_FLT_NAME_CACHE_MISS.</summary>
    FltNameCacheMiss = 0xC01C0018,

    /// <summary>STATUS_PORT_DISCONNECTED.</summary>
    PortDisconnected = 0xC0000037,

    /// <summary>STATUS_PORT_CONNECTION_REFUSED.</summary>
    PortConnectionRefused = 0xC0000041,

    /// <summary>STATUS_CONNECTION_COUNT_LIMIT.</summary>
    ConnectionCountLimit = 0xC0000246,

    /// <summary>STATUS_CALLBACK_BYPASS.</summary>
    CallbackBypass = 0xC0000503,

    /// <summary>STATUS_FILE_LOCK_CONFLICT.</summary>
    FileLockConflict = 0xC0000054,

    /// <summary>STATUS_INVALID_FILE_FOR_SECTION.</summary>
    InvalidFileForSection = 0xC0000020,

    /// <summary>STATUS_PROCEDURE_NOT_FOUND.</summary>
    ProcedureNotFound = 0xC000007A,

    /// <summary>STATUS_USER_MAPPED_FILE.</summary>
    UserMappedFile = 0xC0000243,

    /// <summary>STATUS_MAPPED_FILE_SIZE_ZERO.</summary>
    MappedFileSizeZero = 0xC000011E,

    /// <summary>STATUS_SECTION_TOO_BIG.</summary>
    SectionTooBig = 0xC0000040,

    /// <summary>STATUS_NOT_MAPPED_VIEW.</summary>
    NotMappedView = 0xC0000019,

    /// <summary>STATUS_REPARSE_POINT_NOT_RESOLVED.</summary>
    ReparsePointNotResolved = 0xC0000280,

    /// <summary>STATUS_FLT_CONTEXT_ALREADY_LINKED.</summary>
    FltContextAlreadyLinked = 0xC01C001C,

    /// <summary>STATUS_FLT_CONTEXT_ALLOCATION_NOT_FOUND.</summary>
    FltContextAllocationNotFound = 0xC01C0016,

    /// <summary>STATUS_UNHANDLED_EXCEPTION.</summary>
    UnhandledException = 0xC0000144,

    /// <summary>STATUS_WDF_PAUSED.</summary>
    WdfPaused = 0xC0200203,

    /// <summary>STATUS_WDF_REQUEST_INVALID_STATE.</summary>
    WdfRequestInvalidState = 0xC0200208,

    /// <summary>STATUS_WDF_OBJECT_ATTRIBUTES_INVALID.</summary>
    WdfObjectAttributesInvalid = 0xC0200209,

    /// <summary>STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL.</summary>
    WdfIncompatibleExecutionLevel = 0xC020020C,

    /// <summary>STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED.</summary>
    WdfParentAssignmentNotAllowed = 0xC020020F,

    /// <summary>STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID.</summary>
    WdfSynchronizationScopeInvalid = 0xC0200210,

    /// <summary>STATUS_WDF_EXECUTION_LEVEL_INVALID.</summary>
    WdfExecutionLevelInvalid = 0xC0200211,

    /// <summary>STATUS_WDF_PARENT_NOT_SPECIFIED.</summary>
    WdfParentNotSpecified = 0xC0200212,
}
