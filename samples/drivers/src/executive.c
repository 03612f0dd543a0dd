/* Calls routines of the executive that drivers use more rarely and checks what they do: cancel-safe queues,
   registrations for events of the system, kinds of pool and what processes are charged for it. */
#include <initguid.h>
#include <ntifs.h>

#define TAG 'cexE'
#define DEVICE L"Executive"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

NTKERNELAPI NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);
NTKERNELAPI VOID NTAPI PsReturnPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);

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

/* --- pool --- */

static const UCHAR g_code[] = {0xB8, 42, 0, 0, 0, 0xC3}; /* mov eax, 42; ret */

static __attribute__((noinline)) NTSTATUS Allocate(PVOID *block, POOL_FLAGS flags, SIZE_T bytes) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    *block = ExAllocatePool2(flags, bytes, TAG);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
    *block = NULL;
  }
  return status;
}

static __attribute__((noinline)) NTSTATUS AllocateCharged(PVOID *block, ULONG type, SIZE_T bytes) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    *block = ExAllocatePoolWithQuotaTag((POOL_TYPE)type, bytes, TAG);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
    *block = NULL;
  }
  return status;
}

static ULONG Pool(void) {
  static const SIZE_T sizes[] = {1, 24, 64, 200, 1000, 3000, 4080, 5000};
  POOL_EXTENDED_PARAMETER priority = {.Type = PoolExtendedParameterPriority, .Priority = HighPoolPriority};
  PVOID blocks[2 * ARRAYSIZE(sizes)], block;
  for (ULONG round = 0; round < 3; round++) {
    for (ULONG i = 0; i < ARRAYSIZE(sizes); i++) {
      blocks[2 * i] = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, sizes[i], TAG);
      blocks[2 * i + 1] = ExAllocatePool2(POOL_FLAG_NON_PAGED, 24, TAG);
      CHECK(blocks[2 * i] && ((ULONG_PTR)blocks[2 * i] & 63) == 0 && !*(UCHAR *)blocks[2 * i] && blocks[2 * i + 1]);
      RtlFillMemory(blocks[2 * i], sizes[i], 0xFF);
    }
    for (ULONG i = 0; i < ARRAYSIZE(blocks); i++)
      ExFreePoolWithTag(blocks[i], TAG);
  }
  block = ExAllocatePoolWithTag(PagedPoolCacheAligned, 40, TAG);
  CHECK(block && ((ULONG_PTR)block & 63) == 0);
  ExFreePoolWithTag(block, TAG);
  /* code */
  for (ULONG i = 0; i < 2; i++) {
    block = i ? ExAllocatePoolWithTag(NonPagedPoolExecute, sizeof(g_code), TAG) : ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE, sizeof(g_code), TAG);
    CHECK(block);
    RtlCopyMemory(block, g_code, sizeof(g_code));
    CHECK(((ULONG(*)(void))block)() == 42);
    ExFreePoolWithTag(block, TAG);
  }
  /* failures */
  CHECK(Allocate(&block, POOL_FLAG_NON_PAGED, 1ULL << 40) == STATUS_SUCCESS && !block);
  CHECK(Allocate(&block, POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, 1ULL << 40) == STATUS_INSUFFICIENT_RESOURCES);
  /* what is asked for and not required */
  CHECK(Allocate(&block, POOL_FLAG_PAGED | POOL_FLAG_SPECIAL_POOL | 0x4000000000000000ULL, 16) == STATUS_SUCCESS && block);
  ExFreePoolWithTag(block, TAG);
  block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, &priority, 1);
  CHECK(block && !*(UCHAR *)block);
  ExFreePoolWithTag(block, TAG);
  return 0;
}

static KEVENT g_done;
static PVOID g_uncharged, g_held;

static VOID NTAPI AllocateInSystem(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  AllocateCharged(&g_uncharged, PagedPool, 0x20000);
  KeSetEvent(&g_done, 0, FALSE);
}

/* The machine lets a process be charged for 0x10000 bytes of each pool. */
static ULONG Quota(void) {
  PVOID first, second, small;
  HANDLE thread;
  CHECK(AllocateCharged(&first, NonPagedPoolNx, 0x8000) == STATUS_SUCCESS && first);
  CHECK(AllocateCharged(&second, NonPagedPoolNx, 0x9000) == STATUS_QUOTA_EXCEEDED);
  CHECK(AllocateCharged(&second, NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 0x9000) == STATUS_SUCCESS && !second);
  CHECK(Allocate(&second, POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, 0x9000) == STATUS_SUCCESS && !second);
  CHECK(Allocate(&second, POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA | POOL_FLAG_RAISE_ON_FAILURE, 0x9000) == STATUS_QUOTA_EXCEEDED);
  /* the pools are counted apart, and what is not charged has no limit here */
  CHECK(Allocate(&second, POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 0x9000) == STATUS_SUCCESS && second);
  CHECK(Allocate(&small, POOL_FLAG_NON_PAGED, 0x20000) == STATUS_SUCCESS && small);
  ExFreePoolWithTag(small, TAG);
  ExFreePoolWithTag(first, TAG);
  CHECK(AllocateCharged(&first, NonPagedPoolNx, 0x9000) == STATUS_SUCCESS && first);
  ExFreePoolWithTag(first, TAG);
  ExFreePoolWithTag(second, TAG);
  KeInitializeEvent(&g_done, NotificationEvent, FALSE);
  CHECK(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, AllocateInSystem, NULL) == STATUS_SUCCESS);
  ZwClose(thread);
  KeWaitForSingleObject(&g_done, Executive, KernelMode, FALSE, NULL);
  CHECK(g_uncharged);
  ExFreePoolWithTag(g_uncharged, TAG);
  CHECK(PsChargeProcessPoolQuota(PsGetCurrentProcess(), NonPagedPool, 0x10001) == STATUS_QUOTA_EXCEEDED);
  CHECK(PsChargeProcessPoolQuota(PsGetCurrentProcess(), NonPagedPool, 0x10000) == STATUS_SUCCESS);
  CHECK(AllocateCharged(&first, NonPagedPoolNx, 16) == STATUS_QUOTA_EXCEEDED);
  PsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPool, 0x10000);
  return 0;
}

/* Holds a charged block until it is called again. */
static ULONG HoldCharged(void) {
  if (g_held) {
    ExFreePoolWithTag(g_held, TAG);
    g_held = NULL;
    return 0;
  }
  g_held = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, 100, TAG);
  return g_held ? 0 : __LINE__;
}

static ULONG (*const g_groups[])(void) = {Queues, Registrations, Pool, Quota, HoldCharged};

#include "checks.h"
