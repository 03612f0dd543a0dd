/* The process protector: takes the right to terminate away from handles to chosen processes. */
#include <ntddk.h>
#include "requests.h"

#define MAXIMUM_PROCESSES 64
#define IOCTL_PROTECT_ADD CTL_CODE(0x8000, 0xA00, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_PROTECT_REMOVE CTL_CODE(0x8000, 0xA01, METHOD_BUFFERED, FILE_WRITE_ACCESS)

static ULONG g_processes[MAXIMUM_PROCESSES];
static KSPIN_LOCK g_lock;
static PVOID g_registration;

static BOOLEAN Replace(ULONG from, ULONG to) {
  BOOLEAN found = FALSE;
  KIRQL level;
  KeAcquireSpinLock(&g_lock, &level);
  for (int i = 0; i < MAXIMUM_PROCESSES && !found; i++)
    if (g_processes[i] == from) {
      g_processes[i] = to;
      found = TRUE;
    }
  KeReleaseSpinLock(&g_lock, level);
  return found;
}

static OB_PREOP_CALLBACK_STATUS OnOpen(PVOID context, POB_PRE_OPERATION_INFORMATION info) {
  UNREFERENCED_PARAMETER(context);
  if (info->KernelHandle)
    return OB_PREOP_SUCCESS;
  ULONG id = HandleToULong(PsGetProcessId((PEPROCESS)info->Object));
  if (Replace(id, id)) {
    if (info->Operation == OB_OPERATION_HANDLE_CREATE)
      info->Parameters->CreateHandleInformation.DesiredAccess &= ~PROCESS_TERMINATE;
    else
      info->Parameters->DuplicateHandleInformation.DesiredAccess &= ~PROCESS_TERMINATE;
  }
  return OB_PREOP_SUCCESS;
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
  if (code != IOCTL_PROTECT_ADD && code != IOCTL_PROTECT_REMOVE)
    return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (location->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG))
    return Complete(irp, STATUS_INVALID_BUFFER_SIZE);
  ULONG id = *(PULONG)irp->AssociatedIrp.SystemBuffer;
  switch (code) {
  case IOCTL_PROTECT_ADD:
    return Complete(irp, id == 0 ? STATUS_INVALID_PARAMETER : Replace(0, id) ? STATUS_SUCCESS : STATUS_TOO_MANY_CONTEXT_IDS);
  case IOCTL_PROTECT_REMOVE:
    return Complete(irp, id != 0 && Replace(id, 0) ? STATUS_SUCCESS : STATUS_NOT_FOUND);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Protector");
  ObUnRegisterCallbacks(g_registration);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Protector"), link = RTL_CONSTANT_STRING(L"\\??\\Protector");
  OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, OnOpen, NULL};
  OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"321000.5"), NULL, &operation};
  PDEVICE_OBJECT device;
  KeInitializeSpinLock(&g_lock);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (NT_SUCCESS(status)) {
    status = ObRegisterCallbacks(&registration, &g_registration);
    if (!NT_SUCCESS(status))
      IoDeleteSymbolicLink(&link);
  }
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
