/* A filter driver on the Kernel-Mode Driver Framework: it sends control codes on in each way that there is, and has all else pass. */
#include <wdf.h>

#define IOCTL_FILTER_ASYNCHRONOUS CTL_CODE(0x8000, 0xA00, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FILTER_SYNCHRONOUS CTL_CODE(0x8000, 0xA01, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FILTER_FORGET CTL_CODE(0x8000, 0xA02, METHOD_BUFFERED, FILE_ANY_ACCESS)

static VOID OnCompleted(WDFREQUEST request, WDFIOTARGET target, WDF_REQUEST_COMPLETION_PARAMS *params, WDFCONTEXT context) {
  UNREFERENCED_PARAMETER(target);
  DbgPrint("kmdffilter: %s came back with 0x%08X\n", (PCSTR)context, params->IoStatus.Status);
  WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 1);
}

static VOID FilterControl(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  WDFIOTARGET target = WdfDeviceGetIoTarget(WdfIoQueueGetDevice(queue));
  WDF_REQUEST_SEND_OPTIONS options = {.Size = sizeof(options)};
  WdfRequestFormatRequestUsingCurrentType(request);
  switch (code) {
  case IOCTL_FILTER_ASYNCHRONOUS:
    WdfRequestSetCompletionRoutine(request, OnCompleted, "a request");
    if (!WdfRequestSend(request, target, WDF_NO_SEND_OPTIONS))
      WdfRequestComplete(request, WdfRequestGetStatus(request));
    break;
  case IOCTL_FILTER_SYNCHRONOUS:
    options.Flags = WDF_REQUEST_SEND_OPTION_SYNCHRONOUS;
    WdfRequestSend(request, target, &options);
    DbgPrint("kmdffilter: it is 0x%08X below\n", WdfRequestGetStatus(request));
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 2);
    break;
  default:
    options.Flags = WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET;
    if (!WdfRequestSend(request, target, &options))
      WdfRequestComplete(request, WdfRequestGetStatus(request));
    break;
  }
}

static NTSTATUS FilterAdd(WDFDRIVER driver, PWDFDEVICE_INIT init) {
  UNREFERENCED_PARAMETER(driver);
  WDF_IO_QUEUE_CONFIG queue = WdfQueueConfig(WdfIoQueueDispatchSequential, TRUE);
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(NULL, NULL);
  WDFDEVICE device;
  attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
  attributes.ExecutionLevel = WdfExecutionLevelPassive;
  WdfFdoInitSetFilter(init);
  NTSTATUS status = WdfDeviceCreate(&init, &attributes, &device);
  if (!NT_SUCCESS(status))
    return status;
  queue.EvtIoDeviceControl = FilterControl;
  status = WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config = {.Size = sizeof(config), .EvtDriverDeviceAdd = FilterAdd};
  return WdfDriverCreate(driver, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, NULL);
}
