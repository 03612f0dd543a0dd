/* The zero driver: reads give zeros, writes vanish, a control code tells how many bytes went each way. */
#include <ntddk.h>
#include "requests.h"

#define IOCTL_ZERO_GET_STATISTICS CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ZERO_CLEAR_STATISTICS CTL_CODE(0x8000, 0x801, METHOD_NEITHER, FILE_WRITE_ACCESS)

typedef struct {
  LONG64 BytesRead;
  LONG64 BytesWritten;
} ZERO_STATISTICS;

static LONG64 g_read, g_written;

static NTSTATUS ZeroRead(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  if (length == 0)
    return CompleteWith(irp, STATUS_INVALID_BUFFER_SIZE, 0);
  PVOID buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
  if (!buffer)
    return CompleteWith(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  RtlZeroMemory(buffer, length);
  InterlockedAdd64(&g_read, length);
  return CompleteWith(irp, STATUS_SUCCESS, length);
}

static NTSTATUS ZeroWrite(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
  InterlockedAdd64(&g_written, length);
  return CompleteWith(irp, STATUS_SUCCESS, length);
}

static NTSTATUS ZeroControl(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
  case IOCTL_ZERO_GET_STATISTICS: {
    ZERO_STATISTICS *statistics = irp->AssociatedIrp.SystemBuffer;
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*statistics))
      return CompleteWith(irp, STATUS_BUFFER_TOO_SMALL, 0);
    statistics->BytesRead = g_read;
    statistics->BytesWritten = g_written;
    return CompleteWith(irp, STATUS_SUCCESS, sizeof(*statistics));
  }
  case IOCTL_ZERO_CLEAR_STATISTICS:
    g_read = g_written = 0;
    return CompleteWith(irp, STATUS_SUCCESS, 0);
  }
  return CompleteWith(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static void ZeroUnload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Zero");
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
  DbgPrint("zero: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Zero");
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Zero");
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status)) {
    DbgPrint("zero: no device (0x%08X)\n", status);
    return status;
  }
  device->Flags |= DO_DIRECT_IO;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_READ] = ZeroRead;
  driver->MajorFunction[IRP_MJ_WRITE] = ZeroWrite;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ZeroControl;
  driver->DriverUnload = ZeroUnload;
  DbgPrint("zero: loaded from %wZ\n", registryPath);
  return STATUS_SUCCESS;
}
