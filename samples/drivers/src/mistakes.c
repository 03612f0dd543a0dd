/* Mistakes by number, of what drivers use more rarely: a control code commits one of them, and what it leaves behind shows at unload. */
#include <ntifs.h>
#include "requests.h"

#define TAG 'tsiM'
#define DEVICE L"Mistakes"

static PDEVICE_OBJECT g_device;

/* --- a cancel-safe queue --- */

static IO_CSQ g_queue;
static LIST_ENTRY g_queued;
static KSPIN_LOCK g_lock;

static VOID NTAPI Insert(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  InsertTailList(&g_queued, &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI Remove(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI Peek(PIO_CSQ queue, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(irp);
  UNREFERENCED_PARAMETER(context);
  return NULL;
}

static VOID NTAPI Acquire(PIO_CSQ queue, PKIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeAcquireSpinLock(&g_lock, level);
}

static VOID NTAPI Release(PIO_CSQ queue, KIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeReleaseSpinLock(&g_lock, level);
}

static VOID NTAPI Cancelled(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  Complete(irp, STATUS_CANCELLED);
}

static NTSTATUS Misbehave(ULONG mistake, PIRP irp) {
  switch (mistake) {
  case 0: /* an IRP is queued, and the dispatch routine does not say that it is pending */
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_SUCCESS;
  case 1: /* an IRP stays in the queue when the driver goes */
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_PENDING;
  case 2: /* a queue that was not initialised */
    RtlZeroMemory(&g_queue, sizeof(g_queue));
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_PENDING;
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(((IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, irp);
}

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
  InitializeListHead(&g_queued);
  KeInitializeSpinLock(&g_lock);
  IoCsqInitialize(&g_queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
