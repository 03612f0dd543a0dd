/* What the framework promises of its callbacks: the level they run at, what excludes what, whose memory is there. Three control devices: the
   callbacks of Serial exclude one another at DISPATCH_LEVEL, those of Passive at PASSIVE_LEVEL, and Caller looks at requests before they are queued. */
#include <wdf.h>

#define IOCTL_LEVEL CTL_CODE(0x8000, 0xC00, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_HOLD CTL_CODE(0x8000, 0xC01, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_REVERSE CTL_CODE(0x8000, 0xC02, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct {
  WDFMEMORY Input, Output;
} BUFFERS;

typedef struct {
  WDFREQUEST Held;
  WDFTIMER Timer;
} HOLD;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BUFFERS, BuffersOf)
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(HOLD, HoldOf)

static ULONG g_writes;

static VOID Answer(WDFREQUEST request, ULONG value) {
  PULONG answer;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof(*answer), (PVOID *)&answer, NULL);
  if (NT_SUCCESS(status))
    *answer = value;
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(*answer) : 0);
}

static VOID OnHeld(WDFTIMER timer) {
  HOLD *hold = HoldOf(WdfTimerGetParentObject(timer));
  WDFREQUEST request = hold->Held;
  hold->Held = NULL;
  Answer(request, KeGetCurrentIrql());
}

static VOID OnControl(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  HOLD *hold = HoldOf(WdfIoQueueGetDevice(queue));
  switch (code) {
  case IOCTL_LEVEL:
    Answer(request, KeGetCurrentIrql());
    break;
  case IOCTL_HOLD:
    hold->Held = request;
    WdfTimerStart(hold->Timer, WDF_REL_TIMEOUT_IN_MS(10));
    break;
  case IOCTL_REVERSE: {
    BUFFERS *buffers = BuffersOf(request);
    SIZE_T size, i;
    PUCHAR input = WdfMemoryGetBuffer(buffers->Input, &size), output = WdfMemoryGetBuffer(buffers->Output, NULL);
    for (i = 0; i < size; i++)
      output[i] = input[size - 1 - i];
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, size);
    break;
  }
  default:
    WdfRequestComplete(request, STATUS_INVALID_DEVICE_REQUEST);
  }
}

static VOID OnWrite(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(length);
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, g_writes);
}

static NTSTATUS LockBuffers(WDFREQUEST request, WDF_REQUEST_PARAMETERS *parameters) {
  SIZE_T length = parameters->Parameters.DeviceIoControl.InputBufferLength;
  PVOID input, output;
  NTSTATUS status = WdfRequestRetrieveUnsafeUserInputBuffer(request, 1, &input, NULL);
  if (NT_SUCCESS(status))
    status = WdfRequestRetrieveUnsafeUserOutputBuffer(request, length, &output, NULL);
  if (NT_SUCCESS(status))
    status = WdfRequestProbeAndLockUserBufferForRead(request, input, length, &BuffersOf(request)->Input);
  if (NT_SUCCESS(status))
    status = WdfRequestProbeAndLockUserBufferForWrite(request, output, length, &BuffersOf(request)->Output);
  return status;
}

static VOID InCallerContext(WDFDEVICE device, WDFREQUEST request) {
  WDF_REQUEST_PARAMETERS parameters = {.Size = sizeof(parameters)};
  NTSTATUS status = STATUS_SUCCESS;
  WdfRequestGetParameters(request, &parameters);
  if (parameters.Type == WdfRequestTypeDeviceControl && parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_REVERSE)
    status = LockBuffers(request, &parameters);
  if (NT_SUCCESS(status))
    status = WdfDeviceEnqueueRequest(device, request);
  if (!NT_SUCCESS(status))
    WdfRequestComplete(request, status);
}

static NTSTATUS PreprocessWrite(WDFDEVICE device, PIRP irp) {
  g_writes++;
  IoSkipCurrentIrpStackLocation(irp);
  return WdfDeviceWdmDispatchPreprocessedIrp(device, irp);
}

static VOID OnShutdown(WDFDEVICE device) {
  UNREFERENCED_PARAMETER(device);
  DbgPrint("kmdfqueues: the system shuts down\n");
}

static NTSTATUS CreateDevice(PCWSTR name, PCWSTR link, WDF_SYNCHRONIZATION_SCOPE scope, WDF_EXECUTION_LEVEL level, BOOLEAN looksFirst) {
  UNICODE_STRING sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)"), text;
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(WdfGetDriver(), &sddl);
  if (!init)
    return STATUS_INSUFFICIENT_RESOURCES;
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(NULL, &WDF_TYPE_OF_HOLD), requests = WdfAttributes(NULL, &WDF_TYPE_OF_BUFFERS);
  WDF_TIMER_CONFIG timer = {.Size = sizeof(timer), .EvtTimerFunc = OnHeld};
  WDF_IO_QUEUE_CONFIG queue = WdfQueueConfig(WdfIoQueueDispatchSequential, TRUE);
  WDFDEVICE device;
  attributes.SynchronizationScope = scope;
  attributes.ExecutionLevel = level;
  queue.EvtIoDeviceControl = OnControl;
  queue.EvtIoWrite = OnWrite;
  WdfDeviceInitSetRequestAttributes(init, &requests);
  RtlInitUnicodeString(&text, name);
  NTSTATUS status = WdfDeviceInitAssignName(init, &text);
  if (looksFirst && NT_SUCCESS(status)) {
    WdfDeviceInitSetIoInCallerContextCallback(init, InCallerContext);
    WdfControlDeviceInitSetShutdownNotification(init, OnShutdown, 1);
    status = WdfDeviceInitAssignWdmIrpPreprocessCallback(init, PreprocessWrite, IRP_MJ_WRITE, NULL, 0);
  }
  if (NT_SUCCESS(status))
    status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  WDF_OBJECT_ATTRIBUTES child = WdfAttributes(device, NULL);
  RtlInitUnicodeString(&text, link);
  status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
  if (NT_SUCCESS(status))
    status = WdfTimerCreate(&timer, &child, &HoldOf(device)->Timer);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreateSymbolicLink(device, &text);
  if (NT_SUCCESS(status))
    WdfControlFinishInitializing(device);
  return status;
}

static VOID OnUnload(WDFDRIVER driver) { UNREFERENCED_PARAMETER(driver); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config = {.Size = sizeof(config), .EvtDriverUnload = OnUnload, .DriverInitFlags = WdfDriverInitNonPnpDriver};
  NTSTATUS status = WdfDriverCreate(driver, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
  if (NT_SUCCESS(status))
    status = CreateDevice(L"\\Device\\KmdfSerial", L"\\??\\KmdfSerial", WdfSynchronizationScopeDevice, WdfExecutionLevelDispatch, FALSE);
  if (NT_SUCCESS(status))
    status = CreateDevice(L"\\Device\\KmdfPassive", L"\\??\\KmdfPassive", WdfSynchronizationScopeQueue, WdfExecutionLevelPassive, FALSE);
  if (NT_SUCCESS(status))
    status = CreateDevice(L"\\Device\\KmdfCaller", L"\\??\\KmdfCaller", WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent, TRUE);
  return status;
}
