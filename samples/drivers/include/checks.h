/* The rest of a driver that checks routines: a device whose control codes each run one of g_groups and answer with the line of the first
   check that failed, or 0. Stands at the end of a source that defines DEVICE, g_device and g_groups. One that has further devices defines
   OTHER_DEVICES, the routine for their requests; one that has more to start defines START. */

#include "requests.h"

static NTSTATUS NTAPI Read(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
  RtlFillMemory(irp->AssociatedIrp.SystemBuffer, length, 0x11);
  return CompleteWith(irp, STATUS_SUCCESS, length);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ULONG group = ((location->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00;
  if (group >= ARRAYSIZE(g_groups) || location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
    return CompleteWith(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  *(ULONG *)irp->AssociatedIrp.SystemBuffer = g_groups[group]();
  return CompleteWith(irp, STATUS_SUCCESS, sizeof(ULONG));
}

#ifdef OTHER_DEVICES
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT device, PIRP irp) {
  if (device != g_device)
    return OTHER_DEVICES(device, irp);
  switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
  case IRP_MJ_READ: return Read(device, irp);
  case IRP_MJ_DEVICE_CONTROL: return Control(device, irp);
  default: return CreateClose(device, irp);
  }
}
#endif

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  g_device->Flags |= DO_BUFFERED_IO;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(g_device);
    return status;
  }
#ifdef OTHER_DEVICES
  for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
    driver->MajorFunction[i] = Dispatch;
#else
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_READ] = Read;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
#endif
  driver->DriverUnload = Unload;
#ifdef START
  status = START(driver);
  if (!NT_SUCCESS(status))
    Unload(driver);
#endif
  return status;
}
