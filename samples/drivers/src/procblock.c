/* The process blocker: a client gives it names of executables; processes of these do not start. */
#include <ntddk.h>
#include "requests.h"

#define TAG 'klbP'
#define MAXIMUM_NAMES 32
#define IOCTL_BLOCK_ADD CTL_CODE(0x8000, 0x900, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_BLOCK_CLEAR CTL_CODE(0x8000, 0x901, METHOD_NEITHER, FILE_WRITE_ACCESS)

static UNICODE_STRING g_names[MAXIMUM_NAMES];
static ULONG g_count;
static ERESOURCE g_lock;

static BOOLEAN IsBlocked(PCUNICODE_STRING path) {
  UNICODE_STRING name = *path;
  BOOLEAN blocked = FALSE;
  for (USHORT i = path->Length / sizeof(WCHAR); i > 0; i--)
    if (path->Buffer[i - 1] == L'\\') {
      name.Buffer = path->Buffer + i;
      name.Length = name.MaximumLength = path->Length - i * sizeof(WCHAR);
      break;
    }
  ExEnterCriticalRegionAndAcquireResourceShared(&g_lock);
  for (ULONG i = 0; i < g_count && !blocked; i++)
    blocked = RtlEqualUnicodeString(&g_names[i], &name, TRUE);
  ExReleaseResourceAndLeaveCriticalRegion(&g_lock);
  return blocked;
}

static void OnProcess(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info) {
  UNREFERENCED_PARAMETER(process);
  if (info && info->ImageFileName && IsBlocked(info->ImageFileName)) {
    info->CreationStatus = STATUS_ACCESS_DENIED;
    DbgPrint("procblock: process %u (%wZ) is not allowed\n", HandleToULong(id), info->ImageFileName);
  }
}

static NTSTATUS Add(PWCHAR text, ULONG bytes) {
  NTSTATUS status = STATUS_SUCCESS;
  if (bytes < sizeof(WCHAR) || bytes > 512 || bytes % sizeof(WCHAR))
    return STATUS_INVALID_BUFFER_SIZE;
  PWCHAR copy = ExAllocatePool2(POOL_FLAG_PAGED, bytes, TAG);
  if (!copy)
    return STATUS_INSUFFICIENT_RESOURCES;
  RtlCopyMemory(copy, text, bytes);
  ExEnterCriticalRegionAndAcquireResourceExclusive(&g_lock);
  if (g_count < MAXIMUM_NAMES) {
    g_names[g_count].Buffer = copy;
    g_names[g_count].Length = g_names[g_count].MaximumLength = (USHORT)bytes;
    g_count++;
  } else
    status = STATUS_TOO_MANY_NAMES;
  ExReleaseResourceAndLeaveCriticalRegion(&g_lock);
  if (!NT_SUCCESS(status))
    ExFreePoolWithTag(copy, TAG);
  return status;
}

static void Clear(void) {
  ExEnterCriticalRegionAndAcquireResourceExclusive(&g_lock);
  while (g_count)
    ExFreePoolWithTag(g_names[--g_count].Buffer, TAG);
  ExReleaseResourceAndLeaveCriticalRegion(&g_lock);
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
  case IOCTL_BLOCK_ADD:
    return Complete(irp, Add(irp->AssociatedIrp.SystemBuffer, location->Parameters.DeviceIoControl.InputBufferLength));
  case IOCTL_BLOCK_CLEAR:
    Clear();
    return Complete(irp, STATUS_SUCCESS);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\ProcBlock");
  PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  Clear();
  ExDeleteResourceLite(&g_lock);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\ProcBlock"), link = RTL_CONSTANT_STRING(L"\\??\\ProcBlock");
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status))
    return status;
  ExInitializeResourceLite(&g_lock);
  status = IoCreateSymbolicLink(&link, &name);
  if (NT_SUCCESS(status)) {
    status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
    if (!NT_SUCCESS(status))
      IoDeleteSymbolicLink(&link);
  }
  if (!NT_SUCCESS(status)) {
    ExDeleteResourceLite(&g_lock);
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
