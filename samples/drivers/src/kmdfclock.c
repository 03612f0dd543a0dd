/* A function driver on the Kernel-Mode Driver Framework whose device ticks ten times a second. Requests wait for the next tick in a queue that
   the driver empties by itself, or for a time of their own with a timer of their own; both can be cancelled. */
#include <wdf.h>

#define IOCTL_CLOCK_WAIT_FOR_TICK CTL_CODE(0x8000, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_CLOCK_SLEEP CTL_CODE(0x8000, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TICK_MILLISECONDS 100

static const GUID ClockInterface = {0x5f1b8f0e, 0x3a52, 0x4c4b, {0x9d, 0x1e, 0x21, 0x6b, 0x0f, 0x7a, 0x44, 0x10}};

typedef struct {
  WDFQUEUE Waiting;
  WDFTIMER Timer;
  ULONG Ticks;
} CLOCK;

typedef struct {
  WDFTIMER Timer;
} SLEEP;

typedef struct {
  WDFREQUEST Request;
} SLEEPER;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CLOCK, ClockOf)
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SLEEP, SleepOf)
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SLEEPER, SleeperOf)

static VOID CompleteWithTicks(WDFREQUEST request, ULONG ticks) {
  PULONG answer;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof(*answer), (PVOID *)&answer, NULL);
  if (NT_SUCCESS(status))
    *answer = ticks;
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(*answer) : 0);
}

static VOID OnTick(WDFTIMER timer) {
  CLOCK *clock = ClockOf(WdfTimerGetParentObject(timer));
  WDFREQUEST request;
  clock->Ticks++;
  while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(clock->Waiting, &request)))
    CompleteWithTicks(request, clock->Ticks);
}

static VOID OnSlept(WDFTIMER timer) {
  WDFREQUEST request = SleeperOf(timer)->Request;
  if (WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED)
    return;
  WdfRequestComplete(request, STATUS_SUCCESS);
}

static VOID OnSleepCancelled(WDFREQUEST request) {
  WdfTimerStop(SleepOf(request)->Timer, FALSE);
  WdfRequestComplete(request, STATUS_CANCELLED);
}

static VOID Sleep(WDFREQUEST request) {
  PULONG milliseconds;
  NTSTATUS status = WdfRequestRetrieveInputBuffer(request, sizeof(*milliseconds), (PVOID *)&milliseconds, NULL);
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(request, status);
    return;
  }
  WDF_TIMER_CONFIG config = {.Size = sizeof(config), .EvtTimerFunc = OnSlept};
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(request, &WDF_TYPE_OF_SLEEPER);
  LONGLONG due = WDF_REL_TIMEOUT_IN_MS(*milliseconds);
  WDFTIMER timer;
  status = WdfTimerCreate(&config, &attributes, &timer);
  if (NT_SUCCESS(status)) {
    SleeperOf(timer)->Request = request;
    SleepOf(request)->Timer = timer;
    status = WdfRequestMarkCancelableEx(request, OnSleepCancelled);
  }
  if (!NT_SUCCESS(status)) {
    WdfRequestComplete(request, status);
    return;
  }
  WdfTimerStart(timer, due);
}

static VOID ClockRead(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
  UNREFERENCED_PARAMETER(length);
  CompleteWithTicks(request, ClockOf(WdfIoQueueGetDevice(queue))->Ticks);
}

static VOID ClockControl(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (code) {
  case IOCTL_CLOCK_WAIT_FOR_TICK:
    status = WdfRequestForwardToIoQueue(request, ClockOf(WdfIoQueueGetDevice(queue))->Waiting);
    if (NT_SUCCESS(status))
      return;
    break;
  case IOCTL_CLOCK_SLEEP:
    Sleep(request);
    return;
  }
  WdfRequestComplete(request, status);
}

/* The device goes: whoever sleeps is woken. */
static VOID ClockStop(WDFQUEUE queue, WDFREQUEST request, ULONG flags) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(flags);
  if (WdfRequestUnmarkCancelable(request) != STATUS_CANCELLED)
    OnSleepCancelled(request);
}

static VOID ClockCancelled(WDFQUEUE queue, WDFREQUEST request) {
  UNREFERENCED_PARAMETER(queue);
  DbgPrint("kmdfclock: a request no longer waits\n");
  WdfRequestComplete(request, STATUS_CANCELLED);
}

static NTSTATUS ClockPrepare(WDFDEVICE device, WDFCMRESLIST raw, WDFCMRESLIST translated) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(raw);
  UNREFERENCED_PARAMETER(translated);
  DbgPrint("kmdfclock: hardware is prepared\n");
  return STATUS_SUCCESS;
}

static NTSTATUS ClockRelease(WDFDEVICE device, WDFCMRESLIST translated) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(translated);
  DbgPrint("kmdfclock: hardware is released\n");
  return STATUS_SUCCESS;
}

static NTSTATUS ClockD0Entry(WDFDEVICE device, WDF_POWER_DEVICE_STATE previous) {
  DbgPrint("kmdfclock: power from %d\n", previous);
  WdfTimerStart(ClockOf(device)->Timer, WDF_REL_TIMEOUT_IN_MS(TICK_MILLISECONDS));
  return STATUS_SUCCESS;
}

static NTSTATUS ClockD0Exit(WDFDEVICE device, WDF_POWER_DEVICE_STATE target) {
  DbgPrint("kmdfclock: power to %d\n", target);
  WdfTimerStop(ClockOf(device)->Timer, TRUE);
  return STATUS_SUCCESS;
}

static NTSTATUS ClockAdd(WDFDRIVER driver, PWDFDEVICE_INIT init) {
  UNREFERENCED_PARAMETER(driver);
  WDF_PNPPOWER_EVENT_CALLBACKS power = {.Size = sizeof(power), .EvtDevicePrepareHardware = ClockPrepare, .EvtDeviceReleaseHardware = ClockRelease,
                                        .EvtDeviceD0Entry = ClockD0Entry, .EvtDeviceD0Exit = ClockD0Exit};
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(NULL, &WDF_TYPE_OF_CLOCK), requests = WdfAttributes(NULL, &WDF_TYPE_OF_SLEEP);
  WDF_TIMER_CONFIG timer = {.Size = sizeof(timer), .EvtTimerFunc = OnTick, .Period = TICK_MILLISECONDS, .AutomaticSerialization = TRUE};
  WDF_IO_QUEUE_CONFIG queue = WdfQueueConfig(WdfIoQueueDispatchParallel, TRUE), waiting = WdfQueueConfig(WdfIoQueueDispatchManual, FALSE);
  WDFDEVICE device;
  WdfDeviceInitSetPnpPowerEventCallbacks(init, &power);
  WdfDeviceInitSetRequestAttributes(init, &requests);
  NTSTATUS status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status))
    return status;
  queue.EvtIoRead = ClockRead;
  queue.EvtIoDeviceControl = ClockControl;
  queue.EvtIoStop = ClockStop;
  waiting.EvtIoCanceledOnQueue = ClockCancelled;
  WDF_OBJECT_ATTRIBUTES child = WdfAttributes(device, NULL);
  status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
  if (NT_SUCCESS(status))
    status = WdfIoQueueCreate(device, &waiting, WDF_NO_OBJECT_ATTRIBUTES, &ClockOf(device)->Waiting);
  if (NT_SUCCESS(status))
    status = WdfTimerCreate(&timer, &child, &ClockOf(device)->Timer);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreateDeviceInterface(device, &ClockInterface, NULL);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config = {.Size = sizeof(config), .EvtDriverDeviceAdd = ClockAdd};
  return WdfDriverCreate(driver, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}
