/* Calls functions of the framework and checks what they do: a control code runs one group of checks and answers with the line of the first that
   failed, or 0. */
#include <wdf.h>

#define DEVICE L"KmdfRoutines"
#define CHECK(Condition) \
  if (!(Condition)) \
  return __LINE__

typedef struct {
  ULONG Number;
} NUMBER;

typedef struct {
  ULONG64 Other;
} OTHER;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NUMBER, NumberOf)
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(OTHER, OtherOf)

static WDFDEVICE g_device;
static WDFQUEUE g_manual;
static ULONG g_order[8], g_events, g_ticks, g_calls;
static KIRQL g_level;
static WDFSPINLOCK g_lock;

static VOID OnCleanup(WDFOBJECT object) { g_order[g_events++] = NumberOf(object)->Number; }
static VOID OnDestroy(WDFOBJECT object) { g_order[g_events++] = 100 + NumberOf(object)->Number; }

static VOID OnTimer(WDFTIMER timer) {
  UNREFERENCED_PARAMETER(timer);
  g_ticks++;
  g_level = KeGetCurrentIrql();
}

static VOID OnDpc(WDFDPC dpc) {
  UNREFERENCED_PARAMETER(dpc);
  g_calls++;
  g_level = KeGetCurrentIrql();
}

static VOID OnWork(WDFWORKITEM item) {
  LARGE_INTEGER time = {.QuadPart = -10000};
  UNREFERENCED_PARAMETER(item);
  KeDelayExecutionThread(KernelMode, FALSE, &time);
  g_calls++;
  g_level = KeGetCurrentIrql();
}

static NTSTATUS NewObject(WDFOBJECT parent, ULONG number, WDFOBJECT *object) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(parent, &WDF_TYPE_OF_NUMBER);
  attributes.EvtCleanupCallback = OnCleanup;
  attributes.EvtDestroyCallback = OnDestroy;
  NTSTATUS status = WdfObjectCreate(&attributes, object);
  if (NT_SUCCESS(status))
    NumberOf(*object)->Number = number;
  return status;
}

/* Contexts, and the order in which objects end: children first, then clean-up before destruction. */
static ULONG Objects(WDFREQUEST request) {
  WDFOBJECT parent, child, grandchild;
  WDF_OBJECT_ATTRIBUTES other = WdfAttributes(NULL, &WDF_TYPE_OF_OTHER);
  PVOID context, again;
  UNREFERENCED_PARAMETER(request);
  g_events = 0;
  CHECK(NT_SUCCESS(NewObject(g_device, 1, &parent)));
  CHECK(NT_SUCCESS(NewObject(parent, 2, &child)));
  CHECK(NT_SUCCESS(NewObject(child, 3, &grandchild)));
  CHECK(OtherOf(parent) == NULL);
  CHECK(WdfObjectAllocateContext(parent, &other, &context) == STATUS_SUCCESS && OtherOf(parent) == context && OtherOf(parent)->Other == 0);
  CHECK(WdfObjectAllocateContext(parent, &other, &again) == STATUS_OBJECT_NAME_EXISTS && again == context);
  CHECK(WdfObjectContextGetObject(context) == parent && WdfObjectContextGetObject(NumberOf(parent)) == parent);
  WdfObjectReference(child);
  WdfObjectDelete(parent);
  CHECK(g_events == 5 && g_order[0] == 3 && g_order[1] == 2 && g_order[2] == 1 && g_order[3] == 103 && g_order[4] == 101);
  CHECK(NumberOf(child)->Number == 2);
  WdfObjectDereference(child);
  CHECK(g_events == 6 && g_order[5] == 102);
  return 0;
}

static ULONG Memory(WDFREQUEST request) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL);
  UCHAR bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8}, copy[8];
  WDFMEMORY memory, own, input, output, same;
  WDFLOOKASIDE list;
  PVOID buffer;
  SIZE_T size;
  CHECK(WdfMemoryCreate(&attributes, NonPagedPool, 'moMk', 0, &memory, &buffer) == STATUS_INVALID_PARAMETER);
  CHECK(WdfMemoryCreate(&attributes, NonPagedPool, 'moMk', 16, &memory, &buffer) == STATUS_SUCCESS);
  CHECK(WdfMemoryGetBuffer(memory, &size) == buffer && size == 16);
  CHECK(WdfMemoryCopyFromBuffer(memory, 4, bytes, 8) == STATUS_SUCCESS && ((PUCHAR)buffer)[4] == 1 && ((PUCHAR)buffer)[11] == 8);
  CHECK(WdfMemoryCopyFromBuffer(memory, 9, bytes, 8) == STATUS_BUFFER_TOO_SMALL);
  CHECK(WdfMemoryCopyToBuffer(memory, 5, copy, 4) == STATUS_SUCCESS && copy[0] == 2 && copy[3] == 5);
  CHECK(WdfMemoryCreatePreallocated(&attributes, bytes, sizeof(bytes), &own) == STATUS_SUCCESS && WdfMemoryGetBuffer(own, &size) == bytes && size == 8);
  WdfObjectDelete(memory);
  WdfObjectDelete(own);
  CHECK(WdfLookasideListCreate(&attributes, 48, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, 'alMk', &list) == STATUS_SUCCESS);
  CHECK(WdfMemoryCreateFromLookaside(list, &memory) == STATUS_SUCCESS && WdfMemoryGetBuffer(memory, &size) != NULL && size == 48);
  WdfObjectDelete(memory);
  WdfObjectDelete(list);
  CHECK(WdfRequestRetrieveInputMemory(request, &input) == STATUS_SUCCESS && WdfRequestRetrieveInputMemory(request, &same) == STATUS_SUCCESS && input == same);
  CHECK(WdfRequestRetrieveOutputMemory(request, &output) == STATUS_SUCCESS && WdfMemoryGetBuffer(output, &size) == WdfMemoryGetBuffer(input, NULL) && size == 4);
  return 0;
}

static ULONG Collections(WDFREQUEST request) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL);
  WDFCOLLECTION collection;
  WDFOBJECT first, second;
  UNREFERENCED_PARAMETER(request);
  g_events = 0;
  CHECK(NT_SUCCESS(WdfCollectionCreate(&attributes, &collection)) && NT_SUCCESS(NewObject(g_device, 1, &first)) && NT_SUCCESS(NewObject(g_device, 2, &second)));
  CHECK(WdfCollectionGetCount(collection) == 0 && WdfCollectionGetLastItem(collection) == NULL);
  CHECK(NT_SUCCESS(WdfCollectionAdd(collection, first)) && NT_SUCCESS(WdfCollectionAdd(collection, second)));
  CHECK(WdfCollectionGetCount(collection) == 2 && WdfCollectionGetItem(collection, 0) == first && WdfCollectionGetLastItem(collection) == second);
  WdfObjectDelete(first);
  CHECK(g_events == 1 && g_order[0] == 1 && NumberOf(first)->Number == 1);
  WdfCollectionRemove(collection, first);
  CHECK(g_events == 2 && g_order[1] == 101 && WdfCollectionGetCount(collection) == 1);
  WdfObjectDelete(collection);
  WdfObjectDelete(second);
  CHECK(g_events == 4 && g_order[3] == 102);
  return 0;
}

static ULONG Registry(WDFREQUEST request) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Number"), text = RTL_CONSTANT_STRING(L"some text"), key = RTL_CONSTANT_STRING(L"Sub"), got;
  ULONG number, type, size, disposition;
  WDFKEY parameters, sub;
  WDFSTRING string;
  UNREFERENCED_PARAMETER(request);
  CHECK(WdfDriverOpenParametersRegistryKey(WdfGetDriver(), KEY_ALL_ACCESS, &attributes, &parameters) == STATUS_SUCCESS);
  CHECK(WdfRegistryQueryULong(parameters, &name, &number) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(WdfRegistryAssignULong(parameters, &name, 42) == STATUS_SUCCESS && WdfRegistryQueryULong(parameters, &name, &number) == STATUS_SUCCESS && number == 42);
  CHECK(WdfRegistryQueryValue(parameters, &name, 0, NULL, &size, &type) == STATUS_BUFFER_OVERFLOW && size == 4 && type == REG_DWORD);
  CHECK(WdfRegistryCreateKey(parameters, &key, KEY_ALL_ACCESS, 0, &disposition, &attributes, &sub) == STATUS_SUCCESS && disposition == REG_CREATED_NEW_KEY);
  CHECK(WdfRegistryAssignUnicodeString(sub, &name, &text) == STATUS_SUCCESS);
  CHECK(WdfRegistryQueryULong(sub, &name, &number) == STATUS_OBJECT_TYPE_MISMATCH);
  CHECK(WdfStringCreate(NULL, &attributes, &string) == STATUS_SUCCESS && WdfRegistryQueryString(sub, &name, string) == STATUS_SUCCESS);
  WdfStringGetUnicodeString(string, &got);
  CHECK(RtlEqualUnicodeString(&got, &text, FALSE));
  CHECK(WdfRegistryRemoveKey(sub) == STATUS_SUCCESS);
  WdfRegistryClose(parameters);
  WdfObjectDelete(string);
  return 0;
}

static ULONG Deferred(WDFREQUEST request) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL), none = WdfAttributes(NULL, NULL), passive = WdfAttributes(g_device, NULL);
  WDF_TIMER_CONFIG periodic = {.Size = sizeof(periodic), .EvtTimerFunc = OnTimer, .Period = 10};
  WDF_DPC_CONFIG dpcConfig = {.Size = sizeof(dpcConfig), .EvtDpcFunc = OnDpc};
  WDF_WORKITEM_CONFIG workConfig = {.Size = sizeof(workConfig), .EvtWorkItemFunc = OnWork};
  LARGE_INTEGER time = {.QuadPart = -350000};
  WDFTIMER timer;
  WDFDPC dpc;
  WDFWORKITEM item;
  KIRQL level;
  UNREFERENCED_PARAMETER(request);
  CHECK(WdfTimerCreate(&periodic, &none, &timer) == STATUS_WDF_PARENT_NOT_SPECIFIED);
  CHECK(WdfTimerCreate(&periodic, &attributes, &timer) == STATUS_SUCCESS && WdfTimerGetParentObject(timer) == g_device);
  g_ticks = 0;
  CHECK(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10)) == FALSE && WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10)) == TRUE);
  KeDelayExecutionThread(KernelMode, FALSE, &time);
  CHECK(g_ticks == 3 && g_level == DISPATCH_LEVEL);
  CHECK(WdfTimerStop(timer, TRUE) == TRUE && WdfTimerStop(timer, TRUE) == FALSE);
  WdfObjectDelete(timer);
  passive.ExecutionLevel = WdfExecutionLevelPassive;
  CHECK(WdfTimerCreate(&periodic, &passive, &timer) == STATUS_SUCCESS);
  WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(10));
  KeDelayExecutionThread(KernelMode, FALSE, &time);
  CHECK(g_ticks == 6 && g_level == PASSIVE_LEVEL);
  WdfObjectDelete(timer);
  g_calls = 0;
  CHECK(WdfDpcCreate(&dpcConfig, &attributes, &dpc) == STATUS_SUCCESS && WdfDpcGetParentObject(dpc) == g_device);
  KeRaiseIrql(DISPATCH_LEVEL, &level);
  CHECK(WdfDpcEnqueue(dpc) == TRUE && WdfDpcEnqueue(dpc) == FALSE && g_calls == 0);
  KeLowerIrql(level);
  CHECK(g_calls == 1 && g_level == DISPATCH_LEVEL && WdfDpcCancel(dpc, TRUE) == FALSE);
  WdfObjectDelete(dpc);
  CHECK(WdfWorkItemCreate(&workConfig, &attributes, &item) == STATUS_SUCCESS && WdfWorkItemGetParentObject(item) == g_device);
  WdfWorkItemEnqueue(item);
  WdfWorkItemFlush(item);
  CHECK(g_calls == 2 && g_level == PASSIVE_LEVEL);
  WdfObjectDelete(item);
  return 0;
}

static ULONG Locks(WDFREQUEST request) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL);
  LONGLONG now = 0;
  WDFWAITLOCK lock;
  UNREFERENCED_PARAMETER(request);
  CHECK(WdfSpinLockCreate(&attributes, &g_lock) == STATUS_SUCCESS && WdfWaitLockCreate(&attributes, &lock) == STATUS_SUCCESS);
  WdfSpinLockAcquire(g_lock);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  CHECK(WdfWaitLockAcquire(lock, &now) == STATUS_SUCCESS);
  WdfSpinLockRelease(g_lock);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled());
  WdfWaitLockRelease(lock);
  CHECK(!KeAreApcsDisabled());
  WdfObjectAcquireLock(g_device);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  WdfObjectReleaseLock(g_device);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  WdfObjectDelete(g_lock);
  WdfObjectDelete(lock);
  return 0;
}

static ULONG Requests(WDFREQUEST request) {
  WDF_REQUEST_PARAMETERS parameters = {.Size = sizeof(parameters)};
  UNICODE_STRING *name;
  PVOID buffer;
  SIZE_T size;
  WdfRequestGetParameters(request, &parameters);
  CHECK(parameters.Type == WdfRequestTypeDeviceControl && parameters.Parameters.DeviceIoControl.InputBufferLength == 16);
  CHECK(parameters.Parameters.DeviceIoControl.OutputBufferLength == 4 && ((parameters.Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) == 0xB06);
  CHECK(WdfRequestRetrieveInputBuffer(request, 17, &buffer, &size) == STATUS_BUFFER_TOO_SMALL && buffer == NULL && size == 0);
  CHECK(WdfRequestRetrieveInputBuffer(request, 16, &buffer, &size) == STATUS_SUCCESS && size == 16);
  CHECK(WdfRequestRetrieveUnsafeUserInputBuffer(request, 1, &buffer, &size) == STATUS_INVALID_DEVICE_REQUEST);
  CHECK(WdfRequestUnmarkCancelable(request) == STATUS_INVALID_DEVICE_REQUEST);
  CHECK(WdfRequestGetRequestorMode(request) == UserMode && WdfRequestWdmGetIrp(request)->RequestorMode == UserMode);
  CHECK(WdfRequestGetIoQueue(request) == WdfDeviceGetDefaultQueue(g_device) && !WdfRequestIsCanceled(request));
  WdfRequestSetInformation(request, 7);
  CHECK(WdfRequestGetInformation(request) == 7);
  CHECK(WdfFileObjectGetDevice(WdfRequestGetFileObject(request)) == g_device);
  name = WdfFileObjectGetFileName(WdfRequestGetFileObject(request));
  CHECK(name->Length == 8 && name->Buffer[1] == L'a');
  return 0;
}

static VOID OnState(WDFQUEUE queue, WDFCONTEXT context) {
  UNREFERENCED_PARAMETER(queue);
  *(PULONG)context += 1;
}

static ULONG Queues(WDFREQUEST request) {
  WDF_IO_QUEUE_CONFIG config = WdfQueueConfig(WdfIoQueueDispatchManual, FALSE);
  ULONG waiting, presented, ready = 0, idle = 0;
  WDFQUEUE queue;
  WDFREQUEST found, next;
  CHECK(WdfIoQueueCreate(g_device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) == STATUS_SUCCESS);
  CHECK((WdfIoQueueGetState(queue, &waiting, &presented) & 15) == 15 && waiting == 0 && presented == 0);
  CHECK(WdfIoQueueReadyNotify(queue, OnState, &ready) == STATUS_SUCCESS && WdfIoQueueReadyNotify(queue, OnState, &ready) == STATUS_INVALID_DEVICE_REQUEST);
  CHECK(WdfIoQueueRetrieveNextRequest(queue, &next) == STATUS_NO_MORE_ENTRIES && next == NULL);
  CHECK(WdfRequestForwardToIoQueue(request, queue) == STATUS_SUCCESS && ready == 1 && WdfRequestGetIoQueue(request) == queue);
  CHECK(WdfIoQueueGetState(queue, &waiting, &presented) == (WdfIoQueueAcceptRequests | WdfIoQueueDispatchRequests | WdfIoQueueDriverNoRequests) && waiting == 1);
  CHECK(WdfIoQueueFindRequest(queue, NULL, WdfRequestGetFileObject(request), NULL, &found) == STATUS_SUCCESS && found == request);
  CHECK(WdfIoQueueRetrieveFoundRequest(queue, found, &next) == STATUS_SUCCESS && next == request);
  WdfObjectDereference(found);
  CHECK(WdfRequestRequeue(request) == STATUS_SUCCESS && WdfIoQueueRetrieveNextRequest(queue, &next) == STATUS_SUCCESS && next == request);
  WdfIoQueueDrain(queue, OnState, &idle);
  CHECK(idle == 0 && !(WdfIoQueueGetState(queue, &waiting, &presented) & WdfIoQueueAcceptRequests) && presented == 1);
  CHECK(WdfRequestForwardToIoQueue(request, WdfDeviceGetDefaultQueue(g_device)) == STATUS_SUCCESS && idle == 1);
  return 0;
}

static ULONG (*const g_groups[])(WDFREQUEST) = {Objects, Memory, Collections, Registry, Deferred, Locks, Requests, Queues};

static VOID Control(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  static ULONG forwarded;
  ULONG group = ((code >> 2) & 0xFFF) - 0xB00;
  PULONG answer;
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(inputLength);
  if (group >= ARRAYSIZE(g_groups) || outputLength < sizeof(*answer)) {
    WdfRequestComplete(request, STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  ULONG line = forwarded ? 0 : g_groups[group](request);
  if (g_groups[group] == Queues && line == 0 && !forwarded) {
    forwarded = 1; /* the request is in the default queue again and comes back here */
    return;
  }
  if (NT_SUCCESS(WdfRequestRetrieveOutputBuffer(request, sizeof(*answer), (PVOID *)&answer, NULL)))
    *answer = line;
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, sizeof(*answer));
}

static VOID OnUnload(WDFDRIVER driver) { UNREFERENCED_PARAMETER(driver); }

#include "kmdfdevice.h"
