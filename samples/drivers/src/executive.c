/* Calls routines of the executive that drivers use more rarely and checks what they do: cancel-safe queues,
   registrations for events of the system, kinds of pool and what processes are charged for it, APCs and alerts. */
#include <initguid.h>
#include <ntifs.h>

#define TAG 'cexE'
#define DEVICE L"Executive"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

NTKERNELAPI NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);
NTKERNELAPI VOID NTAPI PsReturnPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);

/* What ntddk.h has not of APCs, as the system exports it. */
typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment, InsertApcEnvironment } KAPC_ENVIRONMENT;
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC, PKTHREAD, KAPC_ENVIRONMENT, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PKAPC);
NTKERNELAPI BOOLEAN NTAPI KeAlertThread(PKTHREAD, KPROCESSOR_MODE);
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE);
NTSYSAPI NTSTATUS NTAPI ZwAlertThread(HANDLE);

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

/* --- APCs and alerts --- */

static LONG g_ran, g_normal;
static KIRQL g_level;
static PKTHREAD g_ranIn;
static KEVENT g_go;

static VOID NTAPI OnApc(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *first, PVOID *second) {
  UNREFERENCED_PARAMETER(normal);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(second);
  UNREFERENCED_PARAMETER(apc);
  g_level = KeGetCurrentIrql();
  g_ranIn = (PKTHREAD)PsGetCurrentThread();
  g_ran += (LONG)(LONG_PTR)*first;
}

static VOID NTAPI OnNormal(PVOID context, PVOID first, PVOID second) {
  if (KeGetCurrentIrql() == PASSIVE_LEVEL)
    g_normal += (LONG)(LONG_PTR)context + (LONG)(LONG_PTR)first + (LONG)(LONG_PTR)second;
}

static ULONG Apcs(void) {
  KAPC special, normal;
  PKTHREAD thread = (PKTHREAD)PsGetCurrentThread();
  KIRQL level;
  g_ran = g_normal = 0;
  KeInitializeApc(&special, thread, OriginalApcEnvironment, OnApc, NULL, NULL, KernelMode, NULL);
  KeInitializeApc(&normal, thread, OriginalApcEnvironment, OnApc, NULL, OnNormal, KernelMode, (PVOID)100);
  /* at once */
  CHECK(KeInsertQueueApc(&special, (PVOID)1, NULL, 0) && g_ran == 1 && g_level == APC_LEVEL && !special.Inserted && KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(KeInsertQueueApc(&normal, (PVOID)1, (PVOID)20, 0) && g_ran == 2 && g_normal == 121);
  /* a critical region keeps normal ones, a guarded one all */
  KeEnterCriticalRegion();
  CHECK(KeInsertQueueApc(&normal, (PVOID)1, (PVOID)20, 0) && g_ran == 2 && normal.Inserted && !KeInsertQueueApc(&normal, NULL, NULL, 0));
  CHECK(KeInsertQueueApc(&special, (PVOID)1, NULL, 0) && g_ran == 3);
  KeLeaveCriticalRegion();
  CHECK(g_ran == 4 && g_normal == 242);
  KeEnterGuardedRegion();
  CHECK(KeAreAllApcsDisabled() && KeInsertQueueApc(&special, (PVOID)1, NULL, 0) && g_ran == 4);
  KeLeaveGuardedRegion();
  CHECK(g_ran == 5);
  /* APC_LEVEL keeps all; one that waits can be taken back */
  KeRaiseIrql(APC_LEVEL, &level);
  CHECK(KeInsertQueueApc(&special, (PVOID)1, NULL, 0) && KeInsertQueueApc(&normal, (PVOID)1, NULL, 0) && g_ran == 5);
  CHECK(KeRemoveQueueApc(&normal) && !KeRemoveQueueApc(&normal));
  KeLowerIrql(level);
  CHECK(g_ran == 6 && g_normal == 242);
  return 0;
}

static NTSTATUS g_waited;
static PVOID volatile g_waiter;

static VOID NTAPI WaitAlertable(PVOID context) {
  g_waiter = PsGetCurrentThread();
  g_waited = KeWaitForSingleObject(&g_go, Executive, KernelMode, context != NULL, NULL);
  KeSetEvent(&g_done, 0, FALSE);
}

static VOID NTAPI AlertLater(PVOID thread) {
  LARGE_INTEGER second = {.QuadPart = -10000000};
  KeDelayExecutionThread(KernelMode, FALSE, &second);
  KeAlertThread(thread, KernelMode);
}

static NTSTATUS Start(PKSTART_ROUTINE routine, PVOID context) {
  HANDLE thread;
  LARGE_INTEGER soon = {.QuadPart = -1000};
  NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context);
  if (NT_SUCCESS(status))
    ZwClose(thread);
  KeDelayExecutionThread(KernelMode, FALSE, &soon);
  return status;
}

static ULONG Alerts(void) {
  KAPC special, user;
  LARGE_INTEGER minute = {.QuadPart = -600000000LL};
  PKTHREAD self = (PKTHREAD)PsGetCurrentThread();
  g_ran = 0;
  KeInitializeEvent(&g_go, SynchronizationEvent, FALSE);
  KeInitializeEvent(&g_done, SynchronizationEvent, FALSE);
  /* before a wait */
  CHECK(!KeAlertThread(self, KernelMode) && KeAlertThread(self, KernelMode));
  CHECK(KeDelayExecutionThread(KernelMode, TRUE, &minute) == STATUS_ALERTED && !KeTestAlertThread(KernelMode));
  CHECK(!KeAlertThread(self, KernelMode) && KeTestAlertThread(KernelMode));
  /* during one, which goes on if it may not be alerted */
  CHECK(NT_SUCCESS(Start(AlertLater, self)) && KeDelayExecutionThread(KernelMode, TRUE, &minute) == STATUS_ALERTED);
  CHECK(NT_SUCCESS(Start(AlertLater, self)) && KeDelayExecutionThread(KernelMode, FALSE, &minute) == STATUS_SUCCESS && KeTestAlertThread(KernelMode));
  /* an APC runs in a thread that waits, and the wait goes on */
  g_waited = STATUS_PENDING;
  CHECK(NT_SUCCESS(Start(WaitAlertable, NULL)));
  KeInitializeApc(&special, g_waiter, OriginalApcEnvironment, OnApc, NULL, NULL, KernelMode, NULL);
  CHECK(KeInsertQueueApc(&special, (PVOID)1, NULL, 0) && g_ran == 0);
  minute.QuadPart = -1000;
  KeDelayExecutionThread(KernelMode, FALSE, &minute);
  CHECK(g_ran == 1 && g_ranIn == g_waiter && g_ranIn != self && g_waited == STATUS_PENDING);
  KeSetEvent(&g_go, 0, FALSE);
  KeWaitForSingleObject(&g_done, Executive, KernelMode, FALSE, NULL);
  CHECK(g_waited == STATUS_SUCCESS);
  CHECK(NT_SUCCESS(Start(WaitAlertable, (PVOID)1)));
  KeAlertThread(g_waiter, KernelMode);
  KeWaitForSingleObject(&g_done, Executive, KernelMode, FALSE, NULL);
  CHECK(g_waited == STATUS_ALERTED);
  HANDLE handle;
  CHECK(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WaitAlertable, (PVOID)1) == STATUS_SUCCESS);
  KeDelayExecutionThread(KernelMode, FALSE, &minute);
  CHECK(ZwAlertThread(handle) == STATUS_SUCCESS);
  ZwClose(handle);
  KeWaitForSingleObject(&g_done, Executive, KernelMode, FALSE, NULL);
  CHECK(g_waited == STATUS_ALERTED);
  /* APCs of user mode end alertable waits of user mode */
  KeInitializeApc(&user, self, OriginalApcEnvironment, OnApc, NULL, OnNormal, UserMode, NULL);
  CHECK(KeInsertQueueApc(&user, (PVOID)5, NULL, 0) && g_ran == 1);
  CHECK(KeWaitForSingleObject(&g_go, Executive, KernelMode, TRUE, &minute) == STATUS_TIMEOUT && g_ran == 1);
  CHECK(KeWaitForSingleObject(&g_go, UserRequest, UserMode, TRUE, &minute) == STATUS_USER_APC && g_ran == 6 && !user.Inserted);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Queues, Registrations, Pool, Quota, HoldCharged, Apcs, Alerts};

#include "checks.h"
