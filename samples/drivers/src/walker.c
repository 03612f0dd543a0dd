/* Walks the list of processes as drivers do that know the offsets of one build: the client says which. */
#include <ntddk.h>

#define IOCTL_WALK CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct {
  ULONG UniqueProcessId, ActiveProcessLinks, ImageFileName;
} OFFSETS;

typedef struct {
  ULONG Id;
  CHAR Name[16];
} ENTRY;

static ULONG Walk(const OFFSETS *offsets, ENTRY *entries, ULONG most) {
  PUCHAR first = (PUCHAR)PsInitialSystemProcess, process = first;
  ULONG count = 0;
  while (count < most) {
    entries[count].Id = (ULONG) * (ULONG_PTR *)(process + offsets->UniqueProcessId);
    RtlCopyMemory(entries[count].Name, process + offsets->ImageFileName, 15);
    entries[count].Name[15] = 0;
    count++;
    PLIST_ENTRY next = ((PLIST_ENTRY)(process + offsets->ActiveProcessLinks))->Flink;
    /* The head stands between the last process and the first; it is no process. */
    if (next->Flink == (PLIST_ENTRY)(first + offsets->ActiveProcessLinks) && next != (PLIST_ENTRY)(first + offsets->ActiveProcessLinks))
      break;
    process = (PUCHAR)next - offsets->ActiveProcessLinks;
  }
  return count;
}

static NTSTATUS Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
  if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_WALK)
      status = STATUS_INVALID_DEVICE_REQUEST;
    else if (location->Parameters.DeviceIoControl.InputBufferLength < sizeof(OFFSETS))
      status = STATUS_BUFFER_TOO_SMALL;
    else {
      OFFSETS offsets = *(OFFSETS *)irp->AssociatedIrp.SystemBuffer;
      information = Walk(&offsets, irp->AssociatedIrp.SystemBuffer, location->Parameters.DeviceIoControl.OutputBufferLength / sizeof(ENTRY)) * sizeof(ENTRY);
    }
  }
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Walker");
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(path);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Walker"), link = RTL_CONSTANT_STRING(L"\\??\\Walker");
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->DriverUnload = Unload;
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
  return STATUS_SUCCESS;
}
