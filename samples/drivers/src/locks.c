/* Calls the routines that synchronise and keep time, and checks what they do: locks of all sorts, contended ones too, interrupt levels, lists,
   events, timers, work items, pools and lookaside lists. */
#include <ntifs.h>
#include "imported.h"

#define TAG 'kcoL'
#define DEVICE L"Locks"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

IMPORTED(VOID, ExAcquireFastMutexUnsafe, (PFAST_MUTEX));
IMPORTED(VOID, ExReleaseFastMutexUnsafe, (PFAST_MUTEX));
IMPORTED(VOID, KeInitializeGuardedMutex, (PVOID));
IMPORTED(VOID, KeAcquireGuardedMutex, (PVOID));
IMPORTED(VOID, KeReleaseGuardedMutex, (PVOID));
IMPORTED(VOID, KeAcquireGuardedMutexUnsafe, (PVOID));
IMPORTED(VOID, KeReleaseGuardedMutexUnsafe, (PVOID));
IMPORTED(VOID, KeEnterGuardedRegion, (void));
IMPORTED(VOID, KeLeaveGuardedRegion, (void));
IMPORTED(BOOLEAN, KeAreAllApcsDisabled, (void));
IMPORTED(VOID, FsRtlEnterFileSystem, (void));
IMPORTED(VOID, FsRtlExitFileSystem, (void));
IMPORTED(VOID, ExInitializePushLock, (PULONG_PTR));
IMPORTED(VOID, ExAcquirePushLockExclusiveEx, (PULONG_PTR, ULONG));
IMPORTED(VOID, ExAcquirePushLockSharedEx, (PULONG_PTR, ULONG));
IMPORTED(VOID, ExReleasePushLockExclusiveEx, (PULONG_PTR, ULONG));
IMPORTED(VOID, ExReleasePushLockSharedEx, (PULONG_PTR, ULONG));
IMPORTED(VOID, ExReleasePushLockEx, (PULONG_PTR, ULONG));
IMPORTED(VOID, FltInitializePushLock, (PULONG_PTR));
IMPORTED(VOID, FltDeletePushLock, (PULONG_PTR));
IMPORTED(VOID, FltAcquirePushLockExclusive, (PULONG_PTR));
IMPORTED(VOID, FltAcquirePushLockShared, (PULONG_PTR));
IMPORTED(VOID, FltReleasePushLock, (PULONG_PTR));
IMPORTED(VOID, KeInitializeSpinLock, (PKSPIN_LOCK));
IMPORTED(KIRQL, KfAcquireSpinLock, (PKSPIN_LOCK));
IMPORTED(VOID, KfReleaseSpinLock, (PKSPIN_LOCK, KIRQL));
IMPORTED(VOID, KeAcquireSpinLockAtDpcLevel, (PKSPIN_LOCK));
IMPORTED(VOID, KeReleaseSpinLockFromDpcLevel, (PKSPIN_LOCK));
IMPORTED(KIRQL, KfRaiseIrql, (KIRQL));
IMPORTED(KIRQL, KeRaiseIrqlToDpcLevel, (void));
IMPORTED(VOID, KeLowerIrql, (KIRQL));
IMPORTED(VOID, KfLowerIrql, (KIRQL));
IMPORTED(KIRQL, KeGetCurrentIrql, (void));
IMPORTED(PLIST_ENTRY, ExInterlockedInsertHeadList, (PLIST_ENTRY, PLIST_ENTRY, PKSPIN_LOCK));
IMPORTED(PLIST_ENTRY, ExInterlockedInsertTailList, (PLIST_ENTRY, PLIST_ENTRY, PKSPIN_LOCK));
IMPORTED(PLIST_ENTRY, ExInterlockedRemoveHeadList, (PLIST_ENTRY, PKSPIN_LOCK));
IMPORTED(PVOID, ExpInterlockedFlushSList, (PSLIST_HEADER));
IMPORTED(NTSTATUS, KeWaitForMutexObject, (PRKMUTEX, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER));
IMPORTED(LONG, KeReadStateTimer, (PKTIMER));
IMPORTED(VOID, KeQuerySystemTime, (PLARGE_INTEGER));
IMPORTED(VOID, KeQueryTickCount, (PLARGE_INTEGER));
IMPORTED(ULONGLONG, KeQueryInterruptTime, (void));
IMPORTED(ULONGLONG, KeQueryUnbiasedInterruptTime, (void));
IMPORTED(ULONGLONG, KeQueryInterruptTimePrecise, (PULONG64));
IMPORTED(VOID, KeInitializeThreadedDpc, (PKDPC, PKDEFERRED_ROUTINE, PVOID));
IMPORTED(BOOLEAN, KeSetCoalescableTimer, (PKTIMER, LARGE_INTEGER, ULONG, ULONG, PKDPC));
IMPORTED(BOOLEAN, ExAcquireRundownProtectionEx, (PEX_RUNDOWN_REF, ULONG));
IMPORTED(VOID, ExReleaseRundownProtectionEx, (PEX_RUNDOWN_REF, ULONG));
IMPORTED(VOID, ExRundownCompleted, (PEX_RUNDOWN_REF));
IMPORTED(BOOLEAN, ExAcquireSharedStarveExclusive, (PERESOURCE, BOOLEAN));
IMPORTED(BOOLEAN, ExAcquireSharedWaitForExclusive, (PERESOURCE, BOOLEAN));
IMPORTED(PVOID, ExEnterCriticalRegionAndAcquireSharedWaitForExclusive, (PERESOURCE));
IMPORTED(ULONG, ExIsResourceAcquiredSharedLite, (PERESOURCE));
IMPORTED(NTSTATUS, ExReinitializeResourceLite, (PERESOURCE));
IMPORTED(VOID, FltAcquireResourceExclusive, (PERESOURCE));
IMPORTED(VOID, FltAcquireResourceShared, (PERESOURCE));
IMPORTED(VOID, FltReleaseResource, (PERESOURCE));
IMPORTED(PVOID, ExAllocatePool, (POOL_TYPE, SIZE_T));
IMPORTED(PVOID, ExAllocatePool3, (ULONG64, SIZE_T, ULONG, PVOID, ULONG));
IMPORTED(PVOID, ExAllocatePoolWithQuotaTag, (POOL_TYPE, SIZE_T, ULONG));
IMPORTED(PVOID, ExAllocatePoolWithTagPriority, (POOL_TYPE, SIZE_T, ULONG, EX_POOL_PRIORITY));
IMPORTED(PVOID, ExAllocatePoolWithQuota, (POOL_TYPE, SIZE_T));
IMPORTED(VOID, PsChargePoolQuota, (PEPROCESS, POOL_TYPE, SIZE_T));
IMPORTED(NTSTATUS, PsChargeProcessPoolQuota, (PEPROCESS, POOL_TYPE, SIZE_T));
IMPORTED(VOID, PsReturnPoolQuota, (PEPROCESS, POOL_TYPE, SIZE_T));
IMPORTED(NTSTATUS, PsChargeProcessNonPagedPoolQuota, (PEPROCESS, SIZE_T));
IMPORTED(NTSTATUS, PsChargeProcessPagedPoolQuota, (PEPROCESS, SIZE_T));
IMPORTED(VOID, PsReturnProcessNonPagedPoolQuota, (PEPROCESS, SIZE_T));
IMPORTED(VOID, PsReturnProcessPagedPoolQuota, (PEPROCESS, SIZE_T));
IMPORTED(VOID, ExFreePool2, (PVOID, ULONG, PVOID, ULONG));
IMPORTED(PVOID, ExAllocateFromNPagedLookasideList, (PNPAGED_LOOKASIDE_LIST));
IMPORTED(VOID, ExFreeToNPagedLookasideList, (PNPAGED_LOOKASIDE_LIST, PVOID));
IMPORTED(PVOID, ExAllocateFromPagedLookasideList, (PPAGED_LOOKASIDE_LIST));
IMPORTED(VOID, ExFreeToPagedLookasideList, (PPAGED_LOOKASIDE_LIST, PVOID));
IMPORTED(PVOID, ExAllocateFromLookasideListEx, (PVOID));
IMPORTED(VOID, ExFreeToLookasideListEx, (PVOID, PVOID));
IMPORTED(NTSTATUS, ExInitializeLookasideListEx, (PVOID, PVOID, PVOID, POOL_TYPE, ULONG, SIZE_T, ULONG, USHORT));
IMPORTED(VOID, ExDeleteLookasideListEx, (PVOID));

static PDEVICE_OBJECT g_device;
static LONG volatile g_count;
static LARGE_INTEGER const g_tenth = {.QuadPart = -1000000};

static void Sleep(void) {
  LARGE_INTEGER tenth = g_tenth;
  KeDelayExecutionThread(KernelMode, FALSE, &tenth);
}

/* Runs a routine on a thread of its own, which has begun when this returns. */
static PVOID Begin(PKSTART_ROUTINE routine, PVOID context) {
  HANDLE handle;
  PVOID thread = NULL;
  LARGE_INTEGER moment = {.QuadPart = -10000};
  g_count = 0;
  if (PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context) == STATUS_SUCCESS) {
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL);
    ZwClose(handle);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
  }
  return thread;
}

static void End(PVOID thread) {
  KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(thread);
}

/* --- mutexes --- */

static VOID NTAPI HoldFastMutex(PVOID mutex) {
  KeEnterCriticalRegion();
  ImportedExAcquireFastMutexUnsafe(mutex);
  Sleep();
  g_count = 1;
  ImportedExReleaseFastMutexUnsafe(mutex);
  KeLeaveCriticalRegion();
}

static ULONG FastMutexes(void) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  CHECK(ExTryToAcquireFastMutex(&mutex) && KeGetCurrentIrql() == APC_LEVEL);
  ExReleaseFastMutex(&mutex);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  PVOID thread = Begin(HoldFastMutex, &mutex);
  CHECK(thread && g_count == 0 && !ExTryToAcquireFastMutex(&mutex) && KeGetCurrentIrql() == PASSIVE_LEVEL);
  ExAcquireFastMutex(&mutex);
  CHECK(g_count == 1);
  ExReleaseFastMutex(&mutex);
  End(thread);
  return 0;
}

static VOID NTAPI HoldGuardedMutex(PVOID mutex) {
  ImportedKeAcquireGuardedMutex(mutex);
  Sleep();
  g_count = 1;
  ImportedKeReleaseGuardedMutex(mutex);
}

static ULONG GuardedMutexes(void) {
  KGUARDED_MUTEX mutex;
  ImportedKeInitializeGuardedMutex(&mutex);
  PVOID thread = Begin(HoldGuardedMutex, &mutex);
  CHECK(thread && g_count == 0);
  ImportedKeAcquireGuardedMutex(&mutex);
  CHECK(g_count == 1 && ImportedKeAreAllApcsDisabled());
  ImportedKeReleaseGuardedMutex(&mutex);
  CHECK(!ImportedKeAreAllApcsDisabled());
  End(thread);
  ImportedKeEnterGuardedRegion();
  CHECK(ImportedKeAreAllApcsDisabled() && KeAreApcsDisabled());
  ImportedKeAcquireGuardedMutexUnsafe(&mutex);
  ImportedKeReleaseGuardedMutexUnsafe(&mutex);
  ImportedKeLeaveGuardedRegion();
  ImportedFsRtlEnterFileSystem();
  CHECK(KeAreApcsDisabled() && !ImportedKeAreAllApcsDisabled());
  ImportedFsRtlExitFileSystem();
  CHECK(!KeAreApcsDisabled());
  return 0;
}

static ULONG_PTR g_push;

static VOID NTAPI HoldPushLock(PVOID exclusive) {
  KeEnterCriticalRegion();
  if (exclusive)
    ImportedExAcquirePushLockExclusiveEx(&g_push, 0);
  else
    ImportedExAcquirePushLockSharedEx(&g_push, 0);
  Sleep();
  g_count = 1;
  if (exclusive)
    ImportedExReleasePushLockExclusiveEx(&g_push, 0);
  else
    ImportedExReleasePushLockSharedEx(&g_push, 0);
  KeLeaveCriticalRegion();
}

static ULONG PushLocks(void) {
  static ULONG_PTR filter;
  ImportedExInitializePushLock(&g_push);
  PVOID thread = Begin(HoldPushLock, (PVOID)1);
  CHECK(thread && g_count == 0);
  KeEnterCriticalRegion();
  ImportedExAcquirePushLockSharedEx(&g_push, 0);
  CHECK(g_count == 1);
  ImportedExReleasePushLockEx(&g_push, 0);
  KeLeaveCriticalRegion();
  End(thread);
  thread = Begin(HoldPushLock, NULL);
  KeEnterCriticalRegion();
  ImportedExAcquirePushLockSharedEx(&g_push, 0);
  CHECK(g_count == 0);
  ImportedExReleasePushLockSharedEx(&g_push, 0);
  ImportedExAcquirePushLockExclusiveEx(&g_push, 0);
  CHECK(g_count == 1);
  ImportedExReleasePushLockExclusiveEx(&g_push, 0);
  KeLeaveCriticalRegion();
  End(thread);
  CHECK(g_push == 0);
  ImportedFltInitializePushLock(&filter);
  ImportedFltAcquirePushLockExclusive(&filter);
  CHECK(filter != 0 && KeAreApcsDisabled());
  ImportedFltReleasePushLock(&filter);
  ImportedFltAcquirePushLockShared(&filter);
  ImportedFltReleasePushLock(&filter);
  CHECK(filter == 0 && !KeAreApcsDisabled());
  ImportedFltDeletePushLock(&filter);
  return 0;
}

/* --- levels, spin locks, lists --- */

static ULONG Levels(void) {
  KSPIN_LOCK spin;
  KIRQL previous = ImportedKeRaiseIrqlToDpcLevel();
  CHECK(previous == PASSIVE_LEVEL && ImportedKeGetCurrentIrql() == DISPATCH_LEVEL);
  ImportedKeLowerIrql(previous);
  previous = ImportedKfRaiseIrql(APC_LEVEL);
  CHECK(previous == PASSIVE_LEVEL && ImportedKeGetCurrentIrql() == APC_LEVEL && ImportedKeAreAllApcsDisabled() && !KeAreApcsDisabled());
  ImportedKfLowerIrql(previous);
  CHECK(ImportedKeGetCurrentIrql() == PASSIVE_LEVEL);
  ImportedKeInitializeSpinLock(&spin);
  previous = ImportedKfAcquireSpinLock(&spin);
  CHECK(previous == PASSIVE_LEVEL && spin != 0);
  ImportedKfReleaseSpinLock(&spin, previous);
  CHECK(spin == 0);
  previous = ImportedKeRaiseIrqlToDpcLevel();
  ImportedKeAcquireSpinLockAtDpcLevel(&spin);
  CHECK(spin != 0 && ImportedKeGetCurrentIrql() == DISPATCH_LEVEL);
  ImportedKeReleaseSpinLockFromDpcLevel(&spin);
  ImportedKeLowerIrql(previous);
  return 0;
}

static ULONG Lists(void) {
  static SLIST_HEADER header;
  static SLIST_ENTRY singles[3];
  LIST_ENTRY head, entries[3];
  KSPIN_LOCK spin;
  KeInitializeSpinLock(&spin);
  InitializeListHead(&head);
  CHECK(!ImportedExInterlockedRemoveHeadList(&head, &spin));
  CHECK(!ImportedExInterlockedInsertTailList(&head, &entries[1], &spin));
  CHECK(ImportedExInterlockedInsertTailList(&head, &entries[2], &spin) == &entries[1]);
  CHECK(ImportedExInterlockedInsertHeadList(&head, &entries[0], &spin) == &entries[1]);
  for (ULONG i = 0; i < 3; i++)
    CHECK(ImportedExInterlockedRemoveHeadList(&head, &spin) == &entries[i]);
  CHECK(IsListEmpty(&head));
  InitializeSListHead(&header);
  for (ULONG i = 0; i < 3; i++)
    ExpInterlockedPushEntrySList(&header, &singles[i]);
  SLIST_ENTRY *first = ImportedExpInterlockedFlushSList(&header);
  CHECK(first == &singles[2] && first->Next == &singles[1] && first->Next->Next == &singles[0] && !first->Next->Next->Next && ExQueryDepthSList(&header) == 0);
  return 0;
}

/* --- events and waits --- */

static VOID NTAPI SetLater(PVOID event) {
  Sleep();
  g_count = 1;
  ZwSetEvent(event, NULL);
}

static ULONG Events(void) {
  UNICODE_STRING notification = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\LocksNotification"), synchronization = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\LocksSynchronization");
  HANDLE first, second, third;
  LARGE_INTEGER zero = {.QuadPart = 0};
  LONG previous;
  KEVENT local, more[4];
  KMUTEX mutex;
  KSEMAPHORE semaphore;
  KWAIT_BLOCK blocks[4];
  PVOID objects[4];
  OBJECT_ATTRIBUTES attributes;
  PKEVENT event = IoCreateNotificationEvent(&notification, &first), other = IoCreateSynchronizationEvent(&synchronization, &second);
  CHECK(event && other && KeReadStateEvent(event) && KeReadStateEvent(other));
  CHECK(IoCreateNotificationEvent(&notification, &third) == event);
  ZwClose(third);
  CHECK(ZwWaitForSingleObject(second, FALSE, &zero) == STATUS_SUCCESS && ZwWaitForSingleObject(second, FALSE, &zero) == STATUS_TIMEOUT);
  CHECK(KeResetEvent(event) == 1 && KeResetEvent(event) == 0 && !KeReadStateEvent(event));
  CHECK(ZwSetEvent(first, &previous) == STATUS_SUCCESS && previous == 0 && KeReadStateEvent(event));
  KeClearEvent(event);
  PVOID thread = Begin(SetLater, first);
  CHECK(thread && ZwWaitForSingleObject(first, FALSE, NULL) == STATUS_SUCCESS && g_count == 1);
  End(thread);
  ZwClose(first);
  ZwClose(second);
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, TRUE) == STATUS_SUCCESS);
  CHECK(ZwWaitForSingleObject(first, FALSE, &zero) == STATUS_SUCCESS && ZwWaitForSingleObject(first, FALSE, &zero) == STATUS_TIMEOUT);
  ZwClose(first);
  KeInitializeMutex(&mutex, 0);
  CHECK(KeReadStateMutex(&mutex) == 1 && ImportedKeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(KeReadStateMutex(&mutex) == 0 && ImportedKeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS && KeReadStateMutex(&mutex) == -1);
  KeReleaseMutex(&mutex, FALSE);
  KeReleaseMutex(&mutex, FALSE);
  CHECK(KeReadStateMutex(&mutex) == 1);
  KeInitializeSemaphore(&semaphore, 1, 3);
  CHECK(KeReleaseSemaphore(&semaphore, 0, 2, FALSE) == 1 && KeReadStateSemaphore(&semaphore) == 3);
  KeInitializeEvent(&local, SynchronizationEvent, TRUE);
  CHECK(KeReadStateEvent(&local) && KeWaitForSingleObject(&local, Executive, KernelMode, FALSE, &zero) == STATUS_SUCCESS && !KeReadStateEvent(&local));
  for (ULONG i = 0; i < 4; i++) {
    KeInitializeEvent(&more[i], NotificationEvent, i == 2);
    objects[i] = &more[i];
  }
  CHECK(KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, &zero, blocks) == STATUS_WAIT_2);
  CHECK(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, &zero, blocks) == STATUS_TIMEOUT);
  KeStallExecutionProcessor(10);
  return 0;
}

/* --- timers, DPCs, time --- */

static VOID NTAPI OnDpc(PKDPC dpc, PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
  InterlockedExchangeAdd(&g_count, (LONG)(LONG_PTR)context);
}

static ULONG Timers(void) {
  KTIMER timer;
  KDPC dpc;
  LARGE_INTEGER half = {.QuadPart = -500000}, now, later, local, back, frequency;
  TIME_FIELDS fields;
  ULONG64 precise;
  g_count = 0;
  KeInitializeDpc(&dpc, OnDpc, (PVOID)1);
  KeSetImportanceDpc(&dpc, HighImportance);
  KeSetTargetProcessorDpc(&dpc, 0);
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  CHECK(!KeSetTimer(&timer, half, &dpc) && !ImportedKeReadStateTimer(&timer));
  CHECK(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS && !ImportedKeReadStateTimer(&timer));
  Sleep();
  CHECK(g_count == 1 && !KeCancelTimer(&timer));
  CHECK(!ImportedKeSetCoalescableTimer(&timer, half, 0, 10, &dpc) && KeSetTimer(&timer, half, &dpc) && KeCancelTimer(&timer));
  Sleep();
  CHECK(g_count == 1);
  KIRQL level = KeRaiseIrqlToDpcLevel();
  CHECK(KeInsertQueueDpc(&dpc, NULL, NULL) && !KeInsertQueueDpc(&dpc, NULL, NULL) && KeRemoveQueueDpc(&dpc) && !KeRemoveQueueDpc(&dpc));
  KeLowerIrql(level);
  CHECK(g_count == 1);
  ImportedKeInitializeThreadedDpc(&dpc, OnDpc, (PVOID)10);
  CHECK(KeInsertQueueDpc(&dpc, NULL, NULL));
  KeFlushQueuedDpcs();
  CHECK(g_count == 11);
  ImportedKeQuerySystemTime(&now);
  ULONGLONG interrupt = ImportedKeQueryInterruptTime(), unbiased = ImportedKeQueryUnbiasedInterruptTime();
  Sleep();
  ImportedKeQuerySystemTime(&later);
  CHECK(later.QuadPart - now.QuadPart >= 1000000 && later.QuadPart - now.QuadPart < 2000000);
  CHECK(ImportedKeQueryInterruptTime() - interrupt >= 1000000 && ImportedKeQueryUnbiasedInterruptTime() - unbiased >= 1000000);
  CHECK(ImportedKeQueryInterruptTimePrecise(&precise) >= interrupt && precise != 0);
  LARGE_INTEGER counter = KeQueryPerformanceCounter(&frequency);
  CHECK(frequency.QuadPart > 0 && KeQueryPerformanceCounter(NULL).QuadPart >= counter.QuadPart);
  ImportedKeQueryTickCount(&counter);
  CHECK(KeQueryTimeIncrement() == 156250 && counter.QuadPart > 0);
  ExSystemTimeToLocalTime(&now, &local);
  ExLocalTimeToSystemTime(&local, &back);
  CHECK(back.QuadPart == now.QuadPart);
  now.QuadPart = 132223104000000000; /* 2020-01-01, a Wednesday */
  RtlTimeToTimeFields(&now, &fields);
  CHECK(fields.Year == 2020 && fields.Month == 1 && fields.Day == 1 && fields.Hour == 0 && fields.Weekday == 3);
  return 0;
}

static VOID NTAPI OnWork(PVOID context) { KeSetEvent(context, IO_NO_INCREMENT, FALSE); }

static VOID NTAPI OnWorkItem(PVOID object, PVOID context, PIO_WORKITEM item) {
  if (object == g_device && KeGetCurrentIrql() == PASSIVE_LEVEL)
    g_count++;
  KeSetEvent(context, IO_NO_INCREMENT, FALSE);
  IoFreeWorkItem(item);
}

static ULONG WorkItems(void) {
  KEVENT event;
  WORK_QUEUE_ITEM item;
  g_count = 0;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  ExInitializeWorkItem(&item, OnWork, &event);
  for (ULONG i = 0; i < 2; i++) {
    ExQueueWorkItem(&item, DelayedWorkQueue);
    CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  }
  PIO_WORKITEM extended = IoAllocateWorkItem(g_device);
  CHECK(extended);
  IoQueueWorkItemEx(extended, OnWorkItem, DelayedWorkQueue, &event);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS && g_count == 1);
  return 0;
}

static EX_RUNDOWN_REF g_rundown;

static ULONG Rundown(void) {
  IO_REMOVE_LOCK lock;
  ExInitializeRundownProtection(&g_rundown);
  CHECK(ImportedExAcquireRundownProtectionEx(&g_rundown, 3));
  ImportedExReleaseRundownProtectionEx(&g_rundown, 3);
  ExWaitForRundownProtectionRelease(&g_rundown);
  ImportedExRundownCompleted(&g_rundown);
  CHECK(!ImportedExAcquireRundownProtectionEx(&g_rundown, 1));
  IoInitializeRemoveLock(&lock, TAG, 0, 0);
  CHECK(IoAcquireRemoveLock(&lock, &lock) == STATUS_SUCCESS && IoAcquireRemoveLock(&lock, NULL) == STATUS_SUCCESS);
  IoReleaseRemoveLock(&lock, NULL);
  IoReleaseRemoveLockAndWait(&lock, &lock);
  return 0;
}

/* --- ERESOURCE --- */

static VOID NTAPI HoldResource(PVOID resource) {
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(resource, TRUE);
  Sleep();
  g_count = 1;
  ExReleaseResourceLite(resource);
  KeLeaveCriticalRegion();
}

static ULONG Resources(void) {
  static ERESOURCE resource;
  CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
  PVOID thread = Begin(HoldResource, &resource);
  KeEnterCriticalRegion();
  CHECK(!ImportedExAcquireSharedStarveExclusive(&resource, FALSE) && ImportedExIsResourceAcquiredSharedLite(&resource) == 0 && g_count == 0);
  CHECK(ImportedExAcquireSharedStarveExclusive(&resource, TRUE) && g_count == 1 && ImportedExIsResourceAcquiredSharedLite(&resource) == 1);
  CHECK(ImportedExAcquireSharedWaitForExclusive(&resource, TRUE) && ImportedExIsResourceAcquiredSharedLite(&resource) == 2);
  ExReleaseResourceLite(&resource);
  ExReleaseResourceLite(&resource);
  KeLeaveCriticalRegion();
  End(thread);
  ImportedExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&resource);
  CHECK(KeAreApcsDisabled());
  ExReleaseResourceAndLeaveCriticalRegion(&resource);
  CHECK(!KeAreApcsDisabled() && ImportedExReinitializeResourceLite(&resource) == STATUS_SUCCESS);
  ImportedFltAcquireResourceExclusive(&resource);
  CHECK(ExIsResourceAcquiredExclusiveLite(&resource) && KeAreApcsDisabled());
  ImportedFltReleaseResource(&resource);
  ImportedFltAcquireResourceShared(&resource);
  CHECK(ImportedExIsResourceAcquiredSharedLite(&resource) == 1);
  ImportedFltReleaseResource(&resource);
  CHECK(!KeAreApcsDisabled() && ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
  return 0;
}

/* --- pools and lookaside lists --- */

static ULONG Pools(void) {
  PHYSICAL_ADDRESS highest = {.QuadPart = ~0ULL};
  UCHAR *block = ImportedExAllocatePool(NonPagedPoolNx, 32);
  CHECK(block);
  ExFreePool(block);
  block = ImportedExAllocatePool3(POOL_FLAG_PAGED, 64, TAG, NULL, 0);
  CHECK(block && block[0] == 0 && block[63] == 0);
  ImportedExFreePool2(block, TAG, NULL, 0);
  block = ImportedExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 64, TAG);
  CHECK(block);
  ExFreePoolWithTag(block, TAG);
  block = ImportedExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, TAG, NormalPoolPriority);
  CHECK(block);
  ExFreePoolWithTag(block, TAG);
  block = ImportedExAllocatePoolWithQuota(NonPagedPoolNx, 64);
  CHECK(block);
  ExFreePool(block);
  ImportedPsChargePoolQuota(PsGetCurrentProcess(), PagedPool, 0x100);
  ImportedPsReturnProcessPagedPoolQuota(PsGetCurrentProcess(), 0x100);
  CHECK(ImportedPsChargeProcessPoolQuota(PsGetCurrentProcess(), NonPagedPoolNx, 0x100) == STATUS_SUCCESS);
  ImportedPsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPoolNx, 0x100);
  CHECK(ImportedPsChargeProcessPagedPoolQuota(PsGetCurrentProcess(), 0x100) == STATUS_SUCCESS);
  ImportedPsReturnProcessPagedPoolQuota(PsGetCurrentProcess(), 0x100);
  CHECK(ImportedPsChargeProcessNonPagedPoolQuota(PsGetCurrentProcess(), 0x100) == STATUS_SUCCESS);
  ImportedPsReturnProcessNonPagedPoolQuota(PsGetCurrentProcess(), 0x100);
  block = MmAllocateContiguousMemory(2 * PAGE_SIZE, highest);
  CHECK(block && ((ULONG_PTR)block & (PAGE_SIZE - 1)) == 0);
  CHECK(MmGetPhysicalAddress(block + PAGE_SIZE).QuadPart == MmGetPhysicalAddress(block).QuadPart + PAGE_SIZE);
  MmFreeContiguousMemory(block);
  return 0;
}

static LONG g_allocated;

static PVOID NTAPI AllocateEx(POOL_TYPE type, SIZE_T size, ULONG tag, PVOID list) {
  UNREFERENCED_PARAMETER(list);
  g_allocated++;
  return ExAllocatePoolWithTag(type, size, tag);
}

static VOID NTAPI FreeEx(PVOID block, PVOID list) {
  UNREFERENCED_PARAMETER(list);
  g_allocated--;
  ExFreePoolWithTag(block, TAG);
}

static ULONG Lookasides(void) {
  static NPAGED_LOOKASIDE_LIST nonpaged;
  static PAGED_LOOKASIDE_LIST paged;
  static DECLSPEC_ALIGN(16) UCHAR extended[0x80];
  ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, 0, 48, TAG, 0);
  UCHAR *first = ImportedExAllocateFromNPagedLookasideList(&nonpaged), *second = ImportedExAllocateFromNPagedLookasideList(&nonpaged);
  CHECK(first && second && first != second);
  first[47] = second[47] = 1;
  ImportedExFreeToNPagedLookasideList(&nonpaged, first);
  ImportedExFreeToNPagedLookasideList(&nonpaged, second);
  /* what the kit compiles into the driver itself */
  first = ExAllocateFromNPagedLookasideList(&nonpaged);
  CHECK(first);
  ExFreeToNPagedLookasideList(&nonpaged, first);
  ExDeleteNPagedLookasideList(&nonpaged);
  ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 100, TAG, 0);
  first = ImportedExAllocateFromPagedLookasideList(&paged);
  CHECK(first);
  ImportedExFreeToPagedLookasideList(&paged, first);
  ExDeletePagedLookasideList(&paged);
  CHECK(ImportedExInitializeLookasideListEx(extended, AllocateEx, FreeEx, NonPagedPoolNx, 0, 64, TAG, 0) == STATUS_SUCCESS);
  first = ImportedExAllocateFromLookasideListEx(extended);
  CHECK(first && g_allocated == 1);
  ImportedExFreeToLookasideListEx(extended, first);
  ImportedExDeleteLookasideListEx(extended);
  CHECK(g_allocated == 0);
  return 0;
}

static ULONG (*const g_groups[])(void) = {FastMutexes, GuardedMutexes, PushLocks, Levels, Lists, Events, Timers, WorkItems, Rundown, Resources, Pools, Lookasides};

#include "checks.h"
