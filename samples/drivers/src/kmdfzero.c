/* The zero driver on the Kernel-Mode Driver Framework: a control device outside of Plug and Play with one parallel queue. */
#include <wdf.h>

#define IOCTL_ZERO_GET_STATISTICS CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ZERO_CLEAR_STATISTICS CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef struct {
  LONG64 BytesRead;
  LONG64 BytesWritten;
  LONG64 Opened;
} ZERO_STATISTICS;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ZERO_STATISTICS, StatisticsOf)

static VOID ZeroCreate(WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT file) {
  UNREFERENCED_PARAMETER(file);
  InterlockedIncrement64(&StatisticsOf(device)->Opened);
  WdfRequestComplete(request, STATUS_SUCCESS);
}

static VOID ZeroRead(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
  PVOID buffer;
  NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, length, &buffer, NULL);
  if (NT_SUCCESS(status)) {
    RtlZeroMemory(buffer, length);
    InterlockedAdd64(&StatisticsOf(WdfIoQueueGetDevice(queue))->BytesRead, length);
  }
  WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? length : 0);
}

static VOID ZeroWrite(WDFQUEUE queue, WDFREQUEST request, SIZE_T length) {
  InterlockedAdd64(&StatisticsOf(WdfIoQueueGetDevice(queue))->BytesWritten, length);
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, length);
}

static VOID ZeroControl(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  ZERO_STATISTICS *statistics = StatisticsOf(WdfIoQueueGetDevice(queue)), *answer;
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (code) {
  case IOCTL_ZERO_GET_STATISTICS:
    status = WdfRequestRetrieveOutputBuffer(request, sizeof(*answer), (PVOID *)&answer, NULL);
    if (NT_SUCCESS(status)) {
      *answer = *statistics;
      WdfRequestSetInformation(request, sizeof(*answer));
    }
    break;
  case IOCTL_ZERO_CLEAR_STATISTICS:
    RtlZeroMemory(statistics, sizeof(*statistics));
    status = STATUS_SUCCESS;
    break;
  }
  WdfRequestComplete(request, status);
}

static VOID ZeroUnload(WDFDRIVER driver) {
  UNREFERENCED_PARAMETER(driver);
  DbgPrint("kmdfzero: unloaded\n");
}

static NTSTATUS CreateControlDevice(WDFDRIVER driver) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\KmdfZero"), link = RTL_CONSTANT_STRING(L"\\??\\KmdfZero");
  UNICODE_STRING everyone = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)");
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &everyone);
  if (!init)
    return STATUS_INSUFFICIENT_RESOURCES;
  WDF_FILEOBJECT_CONFIG files = {.Size = sizeof(files), .EvtDeviceFileCreate = ZeroCreate, .AutoForwardCleanupClose = WdfUseDefault,
                                 .FileObjectClass = WdfFileObjectWdfCanUseFsContext};
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(NULL, &WDF_TYPE_OF_ZERO_STATISTICS);
  WDFDEVICE device;
  WdfDeviceInitSetIoType(init, WdfDeviceIoDirect);
  WdfDeviceInitSetFileObjectConfig(init, &files, WDF_NO_OBJECT_ATTRIBUTES);
  NTSTATUS status = WdfDeviceInitAssignName(init, &name);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  WDF_IO_QUEUE_CONFIG queue = WdfQueueConfig(WdfIoQueueDispatchParallel, TRUE);
  queue.EvtIoRead = ZeroRead;
  queue.EvtIoWrite = ZeroWrite;
  queue.EvtIoDeviceControl = ZeroControl;
  status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreateSymbolicLink(device, &link);
  if (NT_SUCCESS(status))
    WdfControlFinishInitializing(device);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config = {.Size = sizeof(config), .EvtDriverUnload = ZeroUnload, .DriverInitFlags = WdfDriverInitNonPnpDriver, .DriverPoolTag = 'oreZ'};
  WDFDRIVER driver;
  NTSTATUS status = WdfDriverCreate(driverObject, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
  if (!NT_SUCCESS(status))
    return status;
  DbgPrint("kmdfzero: loaded from %ws\n", WdfDriverGetRegistryPath(driver));
  return CreateControlDevice(driver);
}
