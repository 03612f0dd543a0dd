/* What the samples need of the Kernel-Mode Driver Framework, which mingw-w64's ddk lacks. Names, numbers and layouts are Microsoft's public
   interface (KMDF 1.31). Each function is called through its place in the table that WdfVersionBind gives. */
#pragma once
#include <ntddk.h>

#define WDF_HANDLE(Name) typedef struct Name##_OF_FRAMEWORK *Name
typedef PVOID WDFOBJECT, WDFCONTEXT;
WDF_HANDLE(WDFDRIVER);
WDF_HANDLE(WDFDEVICE);
WDF_HANDLE(WDFQUEUE);
WDF_HANDLE(WDFREQUEST);
WDF_HANDLE(WDFFILEOBJECT);
WDF_HANDLE(WDFIOTARGET);
WDF_HANDLE(WDFMEMORY);
WDF_HANDLE(WDFLOOKASIDE);
WDF_HANDLE(WDFTIMER);
WDF_HANDLE(WDFDPC);
WDF_HANDLE(WDFWORKITEM);
WDF_HANDLE(WDFSPINLOCK);
WDF_HANDLE(WDFWAITLOCK);
WDF_HANDLE(WDFCOLLECTION);
WDF_HANDLE(WDFSTRING);
WDF_HANDLE(WDFKEY);
WDF_HANDLE(WDFCMRESLIST);
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef VOID (*WDFFUNC)(VOID);

typedef struct {
  WDFDRIVER Driver;
  ULONG DriverFlags;
  ULONG DriverTag;
  CHAR DriverName[32];
  BOOLEAN DisplaceDriverUnload;
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;

typedef struct {
  ULONG Size;
  PWCHAR Component;
  struct {
    ULONG Major, Minor, Build;
  } Version;
  ULONG FuncCount;
  WDFFUNC *FuncTable;
  PVOID Module;
} WDF_BIND_INFO, *PWDF_BIND_INFO;

NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath, PWDF_BIND_INFO info, PWDF_DRIVER_GLOBALS *globals);
NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING registryPath, PWDF_BIND_INFO info, PWDF_DRIVER_GLOBALS globals);
NTSTATUS NTAPI WdfVersionBindClass(PWDF_BIND_INFO info, PWDF_DRIVER_GLOBALS *globals, PVOID classInfo);

extern const WDFFUNC *WdfFunctions;
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;

#define WDF_FUNCTION_COUNT 458
#define WDF_NO_HANDLE NULL
#define WDF_NO_OBJECT_ATTRIBUTES NULL
#define WDF_NO_SEND_OPTIONS NULL
#define STATUS_WDF_PAUSED ((NTSTATUS)0xC0200203)
#define STATUS_WDF_PARENT_NOT_SPECIFIED ((NTSTATUS)0xC0200212)

typedef enum { WdfFalse = 0, WdfTrue = 1, WdfUseDefault = 2 } WDF_TRI_STATE;
typedef enum { WdfExecutionLevelInheritFromParent = 1, WdfExecutionLevelPassive, WdfExecutionLevelDispatch } WDF_EXECUTION_LEVEL;
typedef enum {
  WdfSynchronizationScopeInheritFromParent = 1,
  WdfSynchronizationScopeDevice,
  WdfSynchronizationScopeQueue,
  WdfSynchronizationScopeNone
} WDF_SYNCHRONIZATION_SCOPE;
typedef enum { WdfIoQueueDispatchSequential = 1, WdfIoQueueDispatchParallel, WdfIoQueueDispatchManual } WDF_IO_QUEUE_DISPATCH_TYPE;
typedef enum { WdfDeviceIoNeither = 1, WdfDeviceIoBuffered, WdfDeviceIoDirect } WDF_DEVICE_IO_TYPE;
typedef enum { WdfFileObjectNotRequired = 1, WdfFileObjectWdfCanUseFsContext } WDF_FILEOBJECT_CLASS;
typedef enum { WdfPowerDeviceD0 = 1, WdfPowerDeviceD3Final = 5 } WDF_POWER_DEVICE_STATE;
typedef enum { WdfRequestTypeCreate = 0, WdfRequestTypeRead = 3, WdfRequestTypeWrite = 4, WdfRequestTypeDeviceControl = 14 } WDF_REQUEST_TYPE;
enum { WdfDriverInitNonPnpDriver = 1 };
enum { WDF_REQUEST_SEND_OPTION_SYNCHRONOUS = 2, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET = 8 };
enum { WdfIoQueueAcceptRequests = 1, WdfIoQueueDispatchRequests = 2, WdfIoQueueNoRequests = 4, WdfIoQueueDriverNoRequests = 8 };

typedef struct WDF_CONTEXT_TYPE {
  ULONG Size;
  PCSTR ContextName;
  SIZE_T ContextSize;
  const struct WDF_CONTEXT_TYPE *UniqueType;
  PVOID EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO;

typedef struct {
  ULONG Size;
  VOID (*EvtCleanupCallback)(WDFOBJECT object);
  VOID (*EvtDestroyCallback)(WDFOBJECT object);
  WDF_EXECUTION_LEVEL ExecutionLevel;
  WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
  WDFOBJECT ParentObject;
  SIZE_T ContextSizeOverride;
  const WDF_OBJECT_CONTEXT_TYPE_INFO *ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

typedef NTSTATUS EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER driver, PWDFDEVICE_INIT init);
typedef VOID EVT_WDF_DRIVER_UNLOAD(WDFDRIVER driver);

typedef struct {
  ULONG Size;
  EVT_WDF_DRIVER_DEVICE_ADD *EvtDriverDeviceAdd;
  EVT_WDF_DRIVER_UNLOAD *EvtDriverUnload;
  ULONG DriverInitFlags;
  ULONG DriverPoolTag;
} WDF_DRIVER_CONFIG;

typedef struct {
  ULONG Size;
  VOID (*EvtDeviceFileCreate)(WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT file);
  VOID (*EvtFileClose)(WDFFILEOBJECT file);
  VOID (*EvtFileCleanup)(WDFFILEOBJECT file);
  WDF_TRI_STATE AutoForwardCleanupClose;
  WDF_FILEOBJECT_CLASS FileObjectClass;
} WDF_FILEOBJECT_CONFIG;

typedef struct {
  ULONG Size;
  NTSTATUS (*EvtDeviceD0Entry)(WDFDEVICE device, WDF_POWER_DEVICE_STATE previous);
  PVOID EvtDeviceD0EntryPostInterruptsEnabled;
  NTSTATUS (*EvtDeviceD0Exit)(WDFDEVICE device, WDF_POWER_DEVICE_STATE target);
  PVOID EvtDeviceD0ExitPreInterruptsDisabled;
  NTSTATUS (*EvtDevicePrepareHardware)(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated);
  NTSTATUS (*EvtDeviceReleaseHardware)(WDFDEVICE device, WDFCMRESLIST translated);
  VOID (*EvtDeviceSelfManagedIoCleanup)(WDFDEVICE device);
  VOID (*EvtDeviceSelfManagedIoFlush)(WDFDEVICE device);
  NTSTATUS (*EvtDeviceSelfManagedIoInit)(WDFDEVICE device);
  NTSTATUS (*EvtDeviceSelfManagedIoSuspend)(WDFDEVICE device);
  NTSTATUS (*EvtDeviceSelfManagedIoRestart)(WDFDEVICE device);
  PVOID EvtDeviceSurpriseRemoval;
  PVOID EvtDeviceQueryRemove;
  PVOID EvtDeviceQueryStop;
  PVOID EvtDeviceUsageNotification;
  PVOID EvtDeviceRelationsQuery;
  PVOID EvtDeviceUsageNotificationEx;
} WDF_PNPPOWER_EVENT_CALLBACKS;

typedef struct {
  ULONG Size;
  WDF_IO_QUEUE_DISPATCH_TYPE DispatchType;
  WDF_TRI_STATE PowerManaged;
  BOOLEAN AllowZeroLengthRequests;
  BOOLEAN DefaultQueue;
  VOID (*EvtIoDefault)(WDFQUEUE queue, WDFREQUEST request);
  VOID (*EvtIoRead)(WDFQUEUE queue, WDFREQUEST request, SIZE_T length);
  VOID (*EvtIoWrite)(WDFQUEUE queue, WDFREQUEST request, SIZE_T length);
  VOID (*EvtIoDeviceControl)(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code);
  PVOID EvtIoInternalDeviceControl;
  VOID (*EvtIoStop)(WDFQUEUE queue, WDFREQUEST request, ULONG flags);
  PVOID EvtIoResume;
  VOID (*EvtIoCanceledOnQueue)(WDFQUEUE queue, WDFREQUEST request);
  ULONG NumberOfPresentedRequests;
  WDFDRIVER Driver;
} WDF_IO_QUEUE_CONFIG;

typedef struct {
  USHORT Size;
  UCHAR MinorFunction;
  WDF_REQUEST_TYPE Type;
  union {
    struct {
      SIZE_T Length;
      ULONG Key;
      LONGLONG DeviceOffset;
    } Read, Write;
    struct {
      SIZE_T OutputBufferLength, InputBufferLength;
      ULONG IoControlCode;
      PVOID Type3InputBuffer;
    } DeviceIoControl;
  } Parameters;
} WDF_REQUEST_PARAMETERS;

typedef struct {
  ULONG Size;
  ULONG Flags;
  LONGLONG Timeout;
} WDF_REQUEST_SEND_OPTIONS;

typedef struct {
  ULONG Size;
  WDF_REQUEST_TYPE Type;
  IO_STATUS_BLOCK IoStatus;
  ULONG_PTR Parameters[6];
} WDF_REQUEST_COMPLETION_PARAMS;

typedef struct {
  ULONG Size;
  VOID (*EvtTimerFunc)(WDFTIMER timer);
  ULONG Period;
  BOOLEAN AutomaticSerialization;
  ULONG TolerableDelay;
  BOOLEAN UseHighResolutionTimer;
} WDF_TIMER_CONFIG;

typedef struct {
  ULONG Size;
  VOID (*EvtDpcFunc)(WDFDPC dpc);
  BOOLEAN AutomaticSerialization;
} WDF_DPC_CONFIG;

typedef struct {
  ULONG Size;
  VOID (*EvtWorkItemFunc)(WDFWORKITEM item);
  BOOLEAN AutomaticSerialization;
} WDF_WORKITEM_CONFIG;

typedef VOID EVT_WDF_REQUEST_CANCEL(WDFREQUEST request);
typedef VOID EVT_WDF_REQUEST_COMPLETION_ROUTINE(WDFREQUEST request, WDFIOTARGET target, WDF_REQUEST_COMPLETION_PARAMS *params, WDFCONTEXT context);
typedef VOID EVT_WDF_IO_QUEUE_STATE(WDFQUEUE queue, WDFCONTEXT context);

/* WDF_ROUTINE(result, name, place in the table, (parameters), (arguments)) */
#define WDF_AND_GLOBALS(...) (PWDF_DRIVER_GLOBALS, __VA_ARGS__)
#define WDF_PASS_GLOBALS(...) (WdfDriverGlobals, __VA_ARGS__)
#define WDF_ROUTINE(Result, Name, Index, Parameters, Arguments) \
  static inline Result Name Parameters { return ((Result(*) WDF_AND_GLOBALS Parameters)WdfFunctions[Index])WDF_PASS_GLOBALS Arguments; }

WDF_ROUTINE(NTSTATUS, WdfCollectionCreate, 13, (PWDF_OBJECT_ATTRIBUTES a, WDFCOLLECTION *c), (a, c))
WDF_ROUTINE(ULONG, WdfCollectionGetCount, 14, (WDFCOLLECTION c), (c))
WDF_ROUTINE(NTSTATUS, WdfCollectionAdd, 15, (WDFCOLLECTION c, WDFOBJECT o), (c, o))
WDF_ROUTINE(VOID, WdfCollectionRemove, 16, (WDFCOLLECTION c, WDFOBJECT o), (c, o))
WDF_ROUTINE(WDFOBJECT, WdfCollectionGetItem, 18, (WDFCOLLECTION c, ULONG i), (c, i))
WDF_ROUTINE(WDFOBJECT, WdfCollectionGetLastItem, 20, (WDFCOLLECTION c), (c))
WDF_ROUTINE(PWDFDEVICE_INIT, WdfControlDeviceInitAllocate, 25, (WDFDRIVER d, PCUNICODE_STRING sddl), (d, sddl))
WDF_ROUTINE(VOID, WdfControlDeviceInitSetShutdownNotification, 26, (PWDFDEVICE_INIT i, VOID (*e)(WDFDEVICE), UCHAR flags), (i, e, flags))
WDF_ROUTINE(VOID, WdfControlFinishInitializing, 27, (WDFDEVICE d), (d))
WDF_ROUTINE(PDEVICE_OBJECT, WdfDeviceWdmGetDeviceObject, 31, (WDFDEVICE d), (d))
WDF_ROUTINE(NTSTATUS, WdfDeviceWdmDispatchPreprocessedIrp, 34, (WDFDEVICE d, PIRP irp), (d, irp))
WDF_ROUTINE(WDFIOTARGET, WdfDeviceGetIoTarget, 42, (WDFDEVICE d), (d))
WDF_ROUTINE(VOID, WdfDeviceInitFree, 54, (PWDFDEVICE_INIT i), (i))
WDF_ROUTINE(VOID, WdfDeviceInitSetPnpPowerEventCallbacks, 55, (PWDFDEVICE_INIT i, WDF_PNPPOWER_EVENT_CALLBACKS *e), (i, e))
WDF_ROUTINE(VOID, WdfDeviceInitSetIoType, 61, (PWDFDEVICE_INIT i, WDF_DEVICE_IO_TYPE t), (i, t))
WDF_ROUTINE(VOID, WdfDeviceInitSetExclusive, 62, (PWDFDEVICE_INIT i, BOOLEAN e), (i, e))
WDF_ROUTINE(VOID, WdfDeviceInitSetDeviceType, 66, (PWDFDEVICE_INIT i, ULONG t), (i, t))
WDF_ROUTINE(NTSTATUS, WdfDeviceInitAssignName, 67, (PWDFDEVICE_INIT i, PCUNICODE_STRING n), (i, n))
WDF_ROUTINE(VOID, WdfDeviceInitSetFileObjectConfig, 71, (PWDFDEVICE_INIT i, WDF_FILEOBJECT_CONFIG *c, PWDF_OBJECT_ATTRIBUTES a), (i, c, a))
WDF_ROUTINE(VOID, WdfDeviceInitSetRequestAttributes, 72, (PWDFDEVICE_INIT i, PWDF_OBJECT_ATTRIBUTES a), (i, a))
WDF_ROUTINE(NTSTATUS, WdfDeviceInitAssignWdmIrpPreprocessCallback, 73, (PWDFDEVICE_INIT i, NTSTATUS (*e)(WDFDEVICE, PIRP), UCHAR major, PUCHAR minors, ULONG count), (i, e, major, minors, count))
WDF_ROUTINE(VOID, WdfDeviceInitSetIoInCallerContextCallback, 74, (PWDFDEVICE_INIT i, VOID (*e)(WDFDEVICE, WDFREQUEST)), (i, e))
WDF_ROUTINE(NTSTATUS, WdfDeviceCreate, 75, (PWDFDEVICE_INIT *i, PWDF_OBJECT_ATTRIBUTES a, WDFDEVICE *d), (i, a, d))
WDF_ROUTINE(NTSTATUS, WdfDeviceCreateDeviceInterface, 77, (WDFDEVICE d, const GUID *g, PCUNICODE_STRING r), (d, g, r))
WDF_ROUTINE(NTSTATUS, WdfDeviceRetrieveDeviceInterfaceString, 79, (WDFDEVICE d, const GUID *g, PCUNICODE_STRING r, WDFSTRING s), (d, g, r, s))
WDF_ROUTINE(NTSTATUS, WdfDeviceCreateSymbolicLink, 80, (WDFDEVICE d, PCUNICODE_STRING n), (d, n))
WDF_ROUTINE(NTSTATUS, WdfDeviceEnqueueRequest, 91, (WDFDEVICE d, WDFREQUEST r), (d, r))
WDF_ROUTINE(WDFQUEUE, WdfDeviceGetDefaultQueue, 92, (WDFDEVICE d), (d))
WDF_ROUTINE(NTSTATUS, WdfDeviceConfigureRequestDispatching, 93, (WDFDEVICE d, WDFQUEUE q, WDF_REQUEST_TYPE t), (d, q, t))
WDF_ROUTINE(NTSTATUS, WdfDpcCreate, 111, (WDF_DPC_CONFIG *c, PWDF_OBJECT_ATTRIBUTES a, WDFDPC *d), (c, a, d))
WDF_ROUTINE(BOOLEAN, WdfDpcEnqueue, 112, (WDFDPC d), (d))
WDF_ROUTINE(BOOLEAN, WdfDpcCancel, 113, (WDFDPC d, BOOLEAN wait), (d, wait))
WDF_ROUTINE(WDFOBJECT, WdfDpcGetParentObject, 114, (WDFDPC d), (d))
WDF_ROUTINE(NTSTATUS, WdfDriverCreate, 116, (PDRIVER_OBJECT o, PCUNICODE_STRING p, PWDF_OBJECT_ATTRIBUTES a, WDF_DRIVER_CONFIG *c, WDFDRIVER *d), (o, p, a, c, d))
WDF_ROUTINE(PWSTR, WdfDriverGetRegistryPath, 117, (WDFDRIVER d), (d))
WDF_ROUTINE(PDRIVER_OBJECT, WdfDriverWdmGetDriverObject, 118, (WDFDRIVER d), (d))
WDF_ROUTINE(NTSTATUS, WdfDriverOpenParametersRegistryKey, 119, (WDFDRIVER d, ACCESS_MASK m, PWDF_OBJECT_ATTRIBUTES a, WDFKEY *k), (d, m, a, k))
WDF_ROUTINE(PDEVICE_OBJECT, WdfFdoInitWdmGetPhysicalDevice, 124, (PWDFDEVICE_INIT i), (i))
WDF_ROUTINE(VOID, WdfFdoInitSetFilter, 129, (PWDFDEVICE_INIT i), (i))
WDF_ROUTINE(PUNICODE_STRING, WdfFileObjectGetFileName, 137, (WDFFILEOBJECT f), (f))
WDF_ROUTINE(WDFDEVICE, WdfFileObjectGetDevice, 139, (WDFFILEOBJECT f), (f))
WDF_ROUTINE(NTSTATUS, WdfIoQueueCreate, 152, (WDFDEVICE d, WDF_IO_QUEUE_CONFIG *c, PWDF_OBJECT_ATTRIBUTES a, WDFQUEUE *q), (d, c, a, q))
WDF_ROUTINE(ULONG, WdfIoQueueGetState, 153, (WDFQUEUE q, PULONG waiting, PULONG presented), (q, waiting, presented))
WDF_ROUTINE(VOID, WdfIoQueueStart, 154, (WDFQUEUE q), (q))
WDF_ROUTINE(VOID, WdfIoQueueStop, 155, (WDFQUEUE q, EVT_WDF_IO_QUEUE_STATE *e, WDFCONTEXT c), (q, e, c))
WDF_ROUTINE(WDFDEVICE, WdfIoQueueGetDevice, 157, (WDFQUEUE q), (q))
WDF_ROUTINE(NTSTATUS, WdfIoQueueRetrieveNextRequest, 158, (WDFQUEUE q, WDFREQUEST *r), (q, r))
WDF_ROUTINE(NTSTATUS, WdfIoQueueFindRequest, 160, (WDFQUEUE q, WDFREQUEST after, WDFFILEOBJECT f, WDF_REQUEST_PARAMETERS *p, WDFREQUEST *r), (q, after, f, p, r))
WDF_ROUTINE(NTSTATUS, WdfIoQueueRetrieveFoundRequest, 161, (WDFQUEUE q, WDFREQUEST found, WDFREQUEST *r), (q, found, r))
WDF_ROUTINE(VOID, WdfIoQueueDrain, 163, (WDFQUEUE q, EVT_WDF_IO_QUEUE_STATE *e, WDFCONTEXT c), (q, e, c))
WDF_ROUTINE(VOID, WdfIoQueuePurgeSynchronously, 164, (WDFQUEUE q), (q))
WDF_ROUTINE(VOID, WdfIoQueuePurge, 165, (WDFQUEUE q, EVT_WDF_IO_QUEUE_STATE *e, WDFCONTEXT c), (q, e, c))
WDF_ROUTINE(NTSTATUS, WdfIoQueueReadyNotify, 166, (WDFQUEUE q, EVT_WDF_IO_QUEUE_STATE *e, WDFCONTEXT c), (q, e, c))
WDF_ROUTINE(NTSTATUS, WdfMemoryCreate, 192, (PWDF_OBJECT_ATTRIBUTES a, POOL_TYPE t, ULONG tag, SIZE_T size, WDFMEMORY *m, PVOID *b), (a, t, tag, size, m, b))
WDF_ROUTINE(NTSTATUS, WdfMemoryCreatePreallocated, 193, (PWDF_OBJECT_ATTRIBUTES a, PVOID b, SIZE_T size, WDFMEMORY *m), (a, b, size, m))
WDF_ROUTINE(PVOID, WdfMemoryGetBuffer, 194, (WDFMEMORY m, SIZE_T *size), (m, size))
WDF_ROUTINE(NTSTATUS, WdfMemoryCopyToBuffer, 196, (WDFMEMORY m, SIZE_T offset, PVOID b, SIZE_T count), (m, offset, b, count))
WDF_ROUTINE(NTSTATUS, WdfMemoryCopyFromBuffer, 197, (WDFMEMORY m, SIZE_T offset, PVOID b, SIZE_T count), (m, offset, b, count))
WDF_ROUTINE(NTSTATUS, WdfLookasideListCreate, 198, (PWDF_OBJECT_ATTRIBUTES a, SIZE_T size, POOL_TYPE t, PWDF_OBJECT_ATTRIBUTES m, ULONG tag, WDFLOOKASIDE *l), (a, size, t, m, tag, l))
WDF_ROUTINE(NTSTATUS, WdfMemoryCreateFromLookaside, 199, (WDFLOOKASIDE l, WDFMEMORY *m), (l, m))
WDF_ROUTINE(PVOID, WdfObjectGetTypedContextWorker, 202, (WDFOBJECT o, const WDF_OBJECT_CONTEXT_TYPE_INFO *t), (o, t))
WDF_ROUTINE(NTSTATUS, WdfObjectAllocateContext, 203, (WDFOBJECT o, PWDF_OBJECT_ATTRIBUTES a, PVOID *c), (o, a, c))
WDF_ROUTINE(WDFOBJECT, WdfObjectContextGetObject, 204, (PVOID c), (c))
WDF_ROUTINE(VOID, WdfObjectReferenceActual, 205, (WDFOBJECT o, PVOID tag, LONG line, PCSTR file), (o, tag, line, file))
WDF_ROUTINE(VOID, WdfObjectDereferenceActual, 206, (WDFOBJECT o, PVOID tag, LONG line, PCSTR file), (o, tag, line, file))
WDF_ROUTINE(NTSTATUS, WdfObjectCreate, 207, (PWDF_OBJECT_ATTRIBUTES a, WDFOBJECT *o), (a, o))
WDF_ROUTINE(VOID, WdfObjectDelete, 208, (WDFOBJECT o), (o))
WDF_ROUTINE(NTSTATUS, WdfRegistryCreateKey, 230, (WDFKEY p, PCUNICODE_STRING n, ACCESS_MASK m, ULONG o, PULONG d, PWDF_OBJECT_ATTRIBUTES a, WDFKEY *k), (p, n, m, o, d, a, k))
WDF_ROUTINE(VOID, WdfRegistryClose, 231, (WDFKEY k), (k))
WDF_ROUTINE(NTSTATUS, WdfRegistryRemoveKey, 233, (WDFKEY k), (k))
WDF_ROUTINE(NTSTATUS, WdfRegistryQueryValue, 235, (WDFKEY k, PCUNICODE_STRING n, ULONG size, PVOID v, PULONG queried, PULONG type), (k, n, size, v, queried, type))
WDF_ROUTINE(NTSTATUS, WdfRegistryQueryString, 239, (WDFKEY k, PCUNICODE_STRING n, WDFSTRING s), (k, n, s))
WDF_ROUTINE(NTSTATUS, WdfRegistryQueryULong, 240, (WDFKEY k, PCUNICODE_STRING n, PULONG v), (k, n, v))
WDF_ROUTINE(NTSTATUS, WdfRegistryAssignUnicodeString, 244, (WDFKEY k, PCUNICODE_STRING n, PCUNICODE_STRING v), (k, n, v))
WDF_ROUTINE(NTSTATUS, WdfRegistryAssignULong, 246, (WDFKEY k, PCUNICODE_STRING n, ULONG v), (k, n, v))
WDF_ROUTINE(VOID, WdfRequestFormatRequestUsingCurrentType, 251, (WDFREQUEST r), (r))
WDF_ROUTINE(BOOLEAN, WdfRequestSend, 253, (WDFREQUEST r, WDFIOTARGET t, WDF_REQUEST_SEND_OPTIONS *o), (r, t, o))
WDF_ROUTINE(NTSTATUS, WdfRequestGetStatus, 254, (WDFREQUEST r), (r))
WDF_ROUTINE(VOID, WdfRequestMarkCancelable, 255, (WDFREQUEST r, EVT_WDF_REQUEST_CANCEL *e), (r, e))
WDF_ROUTINE(NTSTATUS, WdfRequestUnmarkCancelable, 256, (WDFREQUEST r), (r))
WDF_ROUTINE(BOOLEAN, WdfRequestIsCanceled, 257, (WDFREQUEST r), (r))
WDF_ROUTINE(VOID, WdfRequestSetCompletionRoutine, 260, (WDFREQUEST r, EVT_WDF_REQUEST_COMPLETION_ROUTINE *e, WDFCONTEXT c), (r, e, c))
WDF_ROUTINE(VOID, WdfRequestComplete, 263, (WDFREQUEST r, NTSTATUS s), (r, s))
WDF_ROUTINE(VOID, WdfRequestCompleteWithPriorityBoost, 264, (WDFREQUEST r, NTSTATUS s, CCHAR boost), (r, s, boost))
WDF_ROUTINE(VOID, WdfRequestCompleteWithInformation, 265, (WDFREQUEST r, NTSTATUS s, ULONG_PTR i), (r, s, i))
WDF_ROUTINE(VOID, WdfRequestGetParameters, 266, (WDFREQUEST r, WDF_REQUEST_PARAMETERS *p), (r, p))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveInputMemory, 267, (WDFREQUEST r, WDFMEMORY *m), (r, m))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveOutputMemory, 268, (WDFREQUEST r, WDFMEMORY *m), (r, m))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveInputBuffer, 269, (WDFREQUEST r, SIZE_T least, PVOID *b, SIZE_T *l), (r, least, b, l))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveOutputBuffer, 270, (WDFREQUEST r, SIZE_T least, PVOID *b, SIZE_T *l), (r, least, b, l))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveUnsafeUserInputBuffer, 273, (WDFREQUEST r, SIZE_T least, PVOID *b, SIZE_T *l), (r, least, b, l))
WDF_ROUTINE(NTSTATUS, WdfRequestRetrieveUnsafeUserOutputBuffer, 274, (WDFREQUEST r, SIZE_T least, PVOID *b, SIZE_T *l), (r, least, b, l))
WDF_ROUTINE(VOID, WdfRequestSetInformation, 275, (WDFREQUEST r, ULONG_PTR i), (r, i))
WDF_ROUTINE(ULONG_PTR, WdfRequestGetInformation, 276, (WDFREQUEST r), (r))
WDF_ROUTINE(WDFFILEOBJECT, WdfRequestGetFileObject, 277, (WDFREQUEST r), (r))
WDF_ROUTINE(NTSTATUS, WdfRequestProbeAndLockUserBufferForRead, 278, (WDFREQUEST r, PVOID b, SIZE_T l, WDFMEMORY *m), (r, b, l, m))
WDF_ROUTINE(NTSTATUS, WdfRequestProbeAndLockUserBufferForWrite, 279, (WDFREQUEST r, PVOID b, SIZE_T l, WDFMEMORY *m), (r, b, l, m))
WDF_ROUTINE(KPROCESSOR_MODE, WdfRequestGetRequestorMode, 280, (WDFREQUEST r), (r))
WDF_ROUTINE(NTSTATUS, WdfRequestForwardToIoQueue, 281, (WDFREQUEST r, WDFQUEUE q), (r, q))
WDF_ROUTINE(WDFQUEUE, WdfRequestGetIoQueue, 282, (WDFREQUEST r), (r))
WDF_ROUTINE(NTSTATUS, WdfRequestRequeue, 283, (WDFREQUEST r), (r))
WDF_ROUTINE(VOID, WdfRequestStopAcknowledge, 284, (WDFREQUEST r, BOOLEAN requeue), (r, requeue))
WDF_ROUTINE(PIRP, WdfRequestWdmGetIrp, 285, (WDFREQUEST r), (r))
WDF_ROUTINE(NTSTATUS, WdfStringCreate, 308, (PCUNICODE_STRING t, PWDF_OBJECT_ATTRIBUTES a, WDFSTRING *s), (t, a, s))
WDF_ROUTINE(VOID, WdfStringGetUnicodeString, 309, (WDFSTRING s, PUNICODE_STRING t), (s, t))
WDF_ROUTINE(VOID, WdfObjectAcquireLock, 310, (WDFOBJECT o), (o))
WDF_ROUTINE(VOID, WdfObjectReleaseLock, 311, (WDFOBJECT o), (o))
WDF_ROUTINE(NTSTATUS, WdfWaitLockCreate, 312, (PWDF_OBJECT_ATTRIBUTES a, WDFWAITLOCK *l), (a, l))
WDF_ROUTINE(NTSTATUS, WdfWaitLockAcquire, 313, (WDFWAITLOCK l, PLONGLONG timeout), (l, timeout))
WDF_ROUTINE(VOID, WdfWaitLockRelease, 314, (WDFWAITLOCK l), (l))
WDF_ROUTINE(NTSTATUS, WdfSpinLockCreate, 315, (PWDF_OBJECT_ATTRIBUTES a, WDFSPINLOCK *l), (a, l))
WDF_ROUTINE(VOID, WdfSpinLockAcquire, 316, (WDFSPINLOCK l), (l))
WDF_ROUTINE(VOID, WdfSpinLockRelease, 317, (WDFSPINLOCK l), (l))
WDF_ROUTINE(NTSTATUS, WdfTimerCreate, 318, (WDF_TIMER_CONFIG *c, PWDF_OBJECT_ATTRIBUTES a, WDFTIMER *t), (c, a, t))
WDF_ROUTINE(BOOLEAN, WdfTimerStart, 319, (WDFTIMER t, LONGLONG due), (t, due))
WDF_ROUTINE(BOOLEAN, WdfTimerStop, 320, (WDFTIMER t, BOOLEAN wait), (t, wait))
WDF_ROUTINE(WDFOBJECT, WdfTimerGetParentObject, 321, (WDFTIMER t), (t))
WDF_ROUTINE(NTSTATUS, WdfUsbTargetDeviceCreate, 322, (WDFDEVICE d, PWDF_OBJECT_ATTRIBUTES a, PVOID *u), (d, a, u))
WDF_ROUTINE(NTSTATUS, WdfWorkItemCreate, 379, (WDF_WORKITEM_CONFIG *c, PWDF_OBJECT_ATTRIBUTES a, WDFWORKITEM *w), (c, a, w))
WDF_ROUTINE(VOID, WdfWorkItemEnqueue, 380, (WDFWORKITEM w), (w))
WDF_ROUTINE(WDFOBJECT, WdfWorkItemGetParentObject, 381, (WDFWORKITEM w), (w))
WDF_ROUTINE(VOID, WdfWorkItemFlush, 382, (WDFWORKITEM w), (w))
WDF_ROUTINE(NTSTATUS, WdfRequestMarkCancelableEx, 393, (WDFREQUEST r, EVT_WDF_REQUEST_CANCEL *e), (r, e))

#define WdfObjectReference(Object) WdfObjectReferenceActual(Object, NULL, __LINE__, __FILE__)
#define WdfObjectDereference(Object) WdfObjectDereferenceActual(Object, NULL, __LINE__, __FILE__)
#define WdfGetDriver() (WdfDriverGlobals->Driver)
#define WDF_REL_TIMEOUT_IN_MS(Milliseconds) (-10000LL * (Milliseconds))

/* A context type: its description, and a function that gives the context of an object. */
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Type, Function) \
  static const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_OF_##Type = {sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #Type, sizeof(Type), &WDF_TYPE_OF_##Type, NULL}; \
  static inline Type *Function(WDFOBJECT object) { return WdfObjectGetTypedContextWorker(object, &WDF_TYPE_OF_##Type); }

static inline WDF_OBJECT_ATTRIBUTES WdfAttributes(WDFOBJECT parent, const WDF_OBJECT_CONTEXT_TYPE_INFO *type) {
  WDF_OBJECT_ATTRIBUTES attributes = {.Size = sizeof(attributes),
                                      .ExecutionLevel = WdfExecutionLevelInheritFromParent,
                                      .SynchronizationScope = WdfSynchronizationScopeInheritFromParent,
                                      .ParentObject = parent,
                                      .ContextTypeInfo = type};
  return attributes;
}

static inline WDF_IO_QUEUE_CONFIG WdfQueueConfig(WDF_IO_QUEUE_DISPATCH_TYPE type, BOOLEAN isDefault) {
  WDF_IO_QUEUE_CONFIG config = {.Size = sizeof(config),
                                .DispatchType = type,
                                .PowerManaged = WdfUseDefault,
                                .DefaultQueue = isDefault,
                                .NumberOfPresentedRequests = type == WdfIoQueueDispatchParallel ? (ULONG)-1 : 0};
  return config;
}
