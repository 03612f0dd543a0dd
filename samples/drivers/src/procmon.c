/* The process and thread monitor: events wait in a bounded list until a client reads them. */
#include <ntddk.h>
#include "requests.h"

#define TAG 'nomP'
#define MAXIMUM_EVENTS 1000

typedef enum { ProcessStarted = 1, ProcessEnded, ThreadStarted, ThreadEnded, ImageLoaded } EVENT_KIND;

typedef struct {
  ULONG Size;
  ULONG Kind;
  LARGE_INTEGER Time;
  ULONG ProcessId;
  ULONG Other; /* the parent, the thread, or the exit status */
  USHORT TextBytes;
  WCHAR Text[1];
} EVENT;

typedef struct {
  LIST_ENTRY Link;
  EVENT Event;
} EVENT_ITEM;

static LIST_ENTRY g_events;
static ULONG g_count, g_dropped;
static FAST_MUTEX g_lock;

static void Push(ULONG kind, HANDLE process, ULONG other, PCUNICODE_STRING text) {
  USHORT bytes = text && text->Buffer ? text->Length : 0;
  SIZE_T size = FIELD_OFFSET(EVENT_ITEM, Event.Text) + bytes + sizeof(WCHAR);
  EVENT_ITEM *item = ExAllocatePool2(POOL_FLAG_PAGED, size, TAG);
  if (!item) {
    InterlockedIncrement((PLONG)&g_dropped);
    return;
  }
  item->Event.Size = (ULONG)(size - FIELD_OFFSET(EVENT_ITEM, Event));
  item->Event.Kind = kind;
  KeQuerySystemTimePrecise(&item->Event.Time);
  item->Event.ProcessId = HandleToULong(process);
  item->Event.Other = other;
  item->Event.TextBytes = bytes;
  if (bytes)
    RtlCopyMemory(item->Event.Text, text->Buffer, bytes);

  EVENT_ITEM *oldest = NULL;
  ExAcquireFastMutex(&g_lock);
  if (g_count == MAXIMUM_EVENTS)
    oldest = CONTAINING_RECORD(RemoveHeadList(&g_events), EVENT_ITEM, Link);
  else
    g_count++;
  InsertTailList(&g_events, &item->Link);
  ExReleaseFastMutex(&g_lock);
  if (oldest) {
    InterlockedIncrement((PLONG)&g_dropped);
    ExFreePoolWithTag(oldest, TAG);
  }
}

static void OnProcess(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info) {
  if (info)
    Push(ProcessStarted, id, HandleToULong(info->ParentProcessId), info->CommandLine);
  else
    Push(ProcessEnded, id, PsGetProcessExitStatus(process), NULL);
}

static void OnThread(HANDLE process, HANDLE thread, BOOLEAN created) {
  Push(created ? ThreadStarted : ThreadEnded, process, HandleToULong(thread), NULL);
}

static void OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  UNREFERENCED_PARAMETER(info);
  if (process)
    Push(ImageLoaded, process, 0, name);
}

static NTSTATUS Read(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length, used = 0;
  PUCHAR buffer = irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;
  if (!buffer)
    return CompleteWith(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  for (;;) {
    EVENT_ITEM *item = NULL;
    ExAcquireFastMutex(&g_lock);
    if (!IsListEmpty(&g_events)) {
      item = CONTAINING_RECORD(g_events.Flink, EVENT_ITEM, Link);
      if (item->Event.Size <= room - used) {
        RemoveEntryList(&item->Link);
        g_count--;
      } else
        item = NULL;
    }
    ExReleaseFastMutex(&g_lock);
    if (!item)
      break;
    RtlCopyMemory(buffer + used, &item->Event, item->Event.Size);
    used += item->Event.Size;
    ExFreePoolWithTag(item, TAG);
  }
  return CompleteWith(irp, STATUS_SUCCESS, used);
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\ProcMon");
  PsRemoveLoadImageNotifyRoutine(OnImage);
  PsRemoveCreateThreadNotifyRoutine(OnThread);
  PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
  while (!IsListEmpty(&g_events))
    ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&g_events), EVENT_ITEM, Link), TAG);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\ProcMon"), link = RTL_CONSTANT_STRING(L"\\??\\ProcMon");
  PDEVICE_OBJECT device = NULL;
  int done = 0;
  InitializeListHead(&g_events);
  ExInitializeFastMutex(&g_lock);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, TRUE, &device);
  if (NT_SUCCESS(status)) {
    device->Flags |= DO_DIRECT_IO;
    done = 1;
    status = IoCreateSymbolicLink(&link, &name);
  }
  if (NT_SUCCESS(status)) {
    done = 2;
    status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);
  }
  if (NT_SUCCESS(status)) {
    done = 3;
    status = PsSetCreateThreadNotifyRoutine(OnThread);
  }
  if (NT_SUCCESS(status)) {
    done = 4;
    status = PsSetLoadImageNotifyRoutine(OnImage);
  }
  if (!NT_SUCCESS(status)) {
    if (done >= 4)
      PsRemoveCreateThreadNotifyRoutine(OnThread);
    if (done >= 3)
      PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
    if (done >= 2)
      IoDeleteSymbolicLink(&link);
    if (done >= 1)
      IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_READ] = Read;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
