/* Calls routines of the executive that drivers use more rarely and checks what they do: cancel-safe queues,
   registrations for events of the system. */
#include <initguid.h>
#include <ntifs.h>

#define TAG 'cexE'
#define DEVICE L"Executive"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;

/* --- cancel-safe queues --- */

static LIST_ENTRY g_queued;
static PIRP g_cancelled;
static KSPIN_LOCK g_lock;

static NTSTATUS NTAPI Insert(PIO_CSQ queue, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(queue);
  if (context == (PVOID)1)
    return STATUS_DEVICE_BUSY;
  InsertTailList(&g_queued, &irp->Tail.Overlay.ListEntry);
  return STATUS_WAIT_1;
}

static VOID NTAPI Remove(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI Peek(PIO_CSQ queue, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(context);
  PLIST_ENTRY next = irp ? irp->Tail.Overlay.ListEntry.Flink : g_queued.Flink;
  return next == &g_queued ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
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
  g_cancelled = irp;
}

static PIRP NewRequest(void) {
  PIRP irp = IoAllocateIrp(2, FALSE);
  if (irp) {
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->DeviceObject = g_device;
  }
  return irp;
}

static ULONG Queues(void) {
  IO_CSQ queue;
  IO_CSQ_IRP_CONTEXT first = {0}, second = {0};
  PIRP one = NewRequest(), two = NewRequest();
  CHECK(one && two);
  InitializeListHead(&g_queued);
  KeInitializeSpinLock(&g_lock);
  g_cancelled = NULL;
  CHECK(IoCsqInitializeEx(&queue, Insert, Remove, Peek, Acquire, Release, Cancelled) == STATUS_SUCCESS);
  /* refused by the driver: neither queued nor pending */
  CHECK(IoCsqInsertIrpEx(&queue, one, &first, (PVOID)1) == STATUS_DEVICE_BUSY);
  CHECK(IsListEmpty(&g_queued) && !(IoGetCurrentIrpStackLocation(one)->Control & SL_PENDING_RETURNED) && !first.Irp);
  /* removed by its context, once */
  CHECK(IoCsqInsertIrpEx(&queue, one, &first, NULL) == STATUS_WAIT_1);
  CHECK((IoGetCurrentIrpStackLocation(one)->Control & SL_PENDING_RETURNED) && first.Irp == one && first.Csq == &queue && one->CancelRoutine);
  CHECK(IoCsqRemoveIrp(&queue, &first) == one && !one->CancelRoutine);
  CHECK(!IoCsqRemoveIrp(&queue, &first) && IsListEmpty(&g_queued));
  /* cancelled in the queue: its context no longer leads to it */
  IoCsqInsertIrpEx(&queue, one, &first, NULL);
  IoCsqInsertIrpEx(&queue, two, NULL, NULL);
  CHECK(IoCancelIrp(one) && g_cancelled == one && KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(!first.Irp && !IoCsqRemoveIrp(&queue, &first));
  CHECK(IoCsqRemoveNextIrp(&queue, NULL) == two && !IoCsqRemoveNextIrp(&queue, NULL));
  /* cancelled before it comes */
  g_cancelled = NULL;
  IoCsqInsertIrpEx(&queue, one, &second, NULL);
  CHECK(g_cancelled == one && !second.Irp && IsListEmpty(&g_queued));
  IoFreeIrp(one);
  IoFreeIrp(two);
  return 0;
}

/* --- registrations --- */

NTKERNELAPI NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutineEx(PVOID, PVOID);
NTKERNELAPI NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutineEx(PVOID, PVOID);
NTKERNELAPI NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID);

static ULONG g_value, g_comings, g_goings;

static NTSTATUS NTAPI OnPower(LPCGUID setting, PVOID value, ULONG length, PVOID context) {
  if (IsEqualGUID(setting, &GUID_MONITOR_POWER_ON) && length == sizeof(ULONG) && context == (PVOID)7)
    g_value = *(ULONG *)value;
  return STATUS_SUCCESS;
}

static VOID NTAPI OnFileSystem(PDEVICE_OBJECT device, BOOLEAN active) {
  if (device == g_device)
    (*(active ? &g_comings : &g_goings))++;
}

static NTSTATUS NTAPI OnDevice(PVOID notification, PVOID context) {
  UNREFERENCED_PARAMETER(notification);
  UNREFERENCED_PARAMETER(context);
  return STATUS_SUCCESS;
}

static VOID NTAPI OnBugCheck(PVOID buffer, ULONG length) {
  UNREFERENCED_PARAMETER(buffer);
  UNREFERENCED_PARAMETER(length);
}

static ULONG Registrations(void) {
  static KBUGCHECK_CALLBACK_RECORD record;
  PVOID handle = NULL;
  g_value = g_comings = g_goings = 0;
  CHECK(PoRegisterPowerSettingCallback(g_device, &GUID_MONITOR_POWER_ON, OnPower, (PVOID)7, &handle) == STATUS_SUCCESS && handle && g_value == 1);
  CHECK(PoUnregisterPowerSettingCallback(handle) == STATUS_SUCCESS);
  CHECK(IoRegisterFsRegistrationChange(g_device->DriverObject, OnFileSystem) == STATUS_SUCCESS);
  CHECK(IoRegisterFsRegistrationChange(g_device->DriverObject, OnFileSystem) == STATUS_DEVICE_ALREADY_ATTACHED);
  IoRegisterFileSystem(g_device);
  CHECK(g_comings == 1 && g_goings == 0);
  IoUnregisterFsRegistrationChange(g_device->DriverObject, OnFileSystem);
  CHECK(IoRegisterFsRegistrationChange(g_device->DriverObject, OnFileSystem) == STATUS_SUCCESS && g_comings == 2);
  IoUnregisterFileSystem(g_device);
  CHECK(g_goings == 1);
  IoUnregisterFsRegistrationChange(g_device->DriverObject, OnFileSystem);
  CHECK(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&GUID_MONITOR_POWER_ON, g_device->DriverObject, OnDevice, NULL, &handle) == STATUS_SUCCESS);
  CHECK(IoUnregisterPlugPlayNotificationEx(handle) == STATUS_SUCCESS);
  CHECK(SeRegisterLogonSessionTerminatedRoutineEx(OnDevice, (PVOID)1) == STATUS_SUCCESS);
  CHECK(SeUnregisterLogonSessionTerminatedRoutineEx(OnDevice, (PVOID)2) == STATUS_NOT_FOUND);
  CHECK(SeUnregisterLogonSessionTerminatedRoutineEx(OnDevice, (PVOID)1) == STATUS_SUCCESS);
  KeInitializeCallbackRecord(&record);
  CHECK(KeRegisterBugCheckCallback(&record, OnBugCheck, NULL, 0, (PUCHAR)"executive") && record.State == BufferInserted);
  CHECK(!KeRegisterBugCheckCallback(&record, OnBugCheck, NULL, 0, (PUCHAR)"executive"));
  CHECK(KeDeregisterBugCheckCallback(&record) && record.State == BufferEmpty && !KeDeregisterBugCheckCallback(&record));
  CHECK(IoRegisterShutdownNotification(g_device) == STATUS_SUCCESS && (g_device->Flags & DO_SHUTDOWN_REGISTERED));
  IoUnregisterShutdownNotification(g_device);
  CHECK(!(g_device->Flags & DO_SHUTDOWN_REGISTERED));
  return 0;
}

static ULONG (*const g_groups[])(void) = {Queues, Registrations};

#include "checks.h"
