/* Looks at what the executive keeps in structures of the driver's own memory, and at locks that several threads want: each control code
   runs one group, and its answer is the line of the first check that failed, or 0. */
#include <ntifs.h>

#define TAG 'tcrS'
#define DEVICE L"Structures"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)
#define THREADS 3

static PDEVICE_OBJECT g_device;

/* --- trees --- */

typedef struct {
  RTL_BALANCED_LINKS Links;
  LONGLONG Key;
} NODE;

static RTL_AVL_TABLE g_tree;
static LONGLONG g_previous;
static ULONG g_nodes;

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_AVL_TABLE table, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(table);
  LONGLONG a = *(LONGLONG *)first, b = *(LONGLONG *)second;
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI Allocate(PRTL_AVL_TABLE table, CLONG bytes) {
  UNREFERENCED_PARAMETER(table);
  return ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, TAG);
}

static VOID NTAPI Free(PRTL_AVL_TABLE table, PVOID buffer) {
  UNREFERENCED_PARAMETER(table);
  ExFreePoolWithTag(buffer, TAG);
}

/* The depth of a subtree whose links, order and balance are right; -1000 if they are not. */
static LONG Depth(NODE *node, PVOID parent) {
  if (!node)
    return 0;
  LONG left = Depth((NODE *)node->Links.LeftChild, node);
  BOOLEAN ordered = node->Key > g_previous;
  g_previous = node->Key;
  g_nodes++;
  LONG right = Depth((NODE *)node->Links.RightChild, node);
  if (!ordered || node->Links.Parent != parent || right - left != node->Links.Balance || right - left > 1 || left - right > 1)
    return -1000;
  return 1 + (left > right ? left : right);
}

static BOOLEAN IsTree(ULONG count) {
  g_previous = -1;
  g_nodes = 0;
  return Depth((NODE *)g_tree.BalancedRoot.RightChild, &g_tree.BalancedRoot) == (LONG)g_tree.DepthOfTree && g_nodes == count &&
         g_tree.NumberGenericTableElements == count && g_tree.BalancedRoot.Parent == &g_tree.BalancedRoot;
}

static ULONG Trees(void) {
  ULONG seed = 1, count = 0;
  BOOLEAN isNew;
  RtlInitializeGenericTableAvl(&g_tree, Compare, Allocate, Free, NULL);
  CHECK(IsTree(0));
  for (ULONG i = 0; i < 2000; i++) {
    seed = seed * 1103515245 + 12345;
    LONGLONG key = (seed >> 16) % 300;
    if (seed >> 31) {
      RtlInsertElementGenericTableAvl(&g_tree, &key, sizeof(key), &isNew);
      count += isNew;
    } else if (RtlDeleteElementGenericTableAvl(&g_tree, &key)) {
      count--;
    }
    if (i % 16 == 0)
      CHECK(IsTree(count));
  }
  CHECK(IsTree(count) && count > 50);

  /* Elements that are deleted while they are enumerated hide no others. */
  ULONG seen = 0;
  for (LONGLONG *key = RtlEnumerateGenericTableAvl(&g_tree, TRUE); key; key = RtlEnumerateGenericTableAvl(&g_tree, FALSE)) {
    LONGLONG gone = *key;
    seen++;
    if (seen % 2)
      CHECK(RtlDeleteElementGenericTableAvl(&g_tree, &gone));
  }
  CHECK(seen == count && IsTree(count - (seen + 1) / 2));

  PVOID restart = NULL;
  LONGLONG last = -1;
  for (LONGLONG *key = RtlEnumerateGenericTableWithoutSplayingAvl(&g_tree, &restart); key; key = RtlEnumerateGenericTableWithoutSplayingAvl(&g_tree, &restart)) {
    CHECK(*key > last);
    last = *key;
  }
  for (ULONG i = 0; i + 1 < RtlNumberGenericTableElementsAvl(&g_tree); i++)
    CHECK(*(LONGLONG *)RtlGetElementGenericTableAvl(&g_tree, i) < *(LONGLONG *)RtlGetElementGenericTableAvl(&g_tree, i + 1));

  PVOID parent;
  TABLE_SEARCH_RESULT result;
  LONGLONG wanted = 1000;
  CHECK(!RtlLookupElementGenericTableFullAvl(&g_tree, &wanted, &parent, &result) && result == TableInsertAsRight && ((NODE *)parent)->Key == last);
  CHECK(*(LONGLONG *)RtlInsertElementGenericTableFullAvl(&g_tree, &wanted, sizeof(wanted), &isNew, parent, result) == wanted && isNew);
  CHECK(*(LONGLONG *)RtlLookupElementGenericTableFullAvl(&g_tree, &wanted, &parent, &result) == wanted && result == TableFoundNode);

  for (LONGLONG *key; (key = RtlGetElementGenericTableAvl(&g_tree, 0)) != NULL;) {
    LONGLONG gone = *key;
    CHECK(RtlDeleteElementGenericTableAvl(&g_tree, &gone));
  }
  CHECK(IsTree(0) && g_tree.DepthOfTree == 0);
  return 0;
}

/* --- locks that several threads want --- */

typedef struct {
  ERESOURCE_THREAD Thread;
  ULONG Count;
} OWNER;

/* ERESOURCE as it is since Windows 7. */
typedef struct {
  LIST_ENTRY List;
  OWNER *Table;
  SHORT ActiveCount;
  USHORT Flag;
  PVOID SharedWaiters, ExclusiveWaiters;
  OWNER Owner;
  ULONG ActiveEntries, ContentionCount, SharedWaiterCount, ExclusiveWaiterCount;
} RESOURCE;

C_ASSERT(FIELD_OFFSET(RESOURCE, ActiveEntries) == 0x40);

static ERESOURCE g_resource;
static EX_PUSH_LOCK g_pushLock;
static LONG volatile g_inside, g_most, g_turns;
static PKTHREAD g_threads[THREADS];

static void Sleep(LONG milliseconds) {
  LARGE_INTEGER interval = {.QuadPart = -10000LL * milliseconds};
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void Work(void) {
  LONG inside = InterlockedIncrement(&g_inside);
  if (inside > g_most)
    g_most = inside;
  Sleep(10);
  Sleep(10);
  InterlockedIncrement(&g_turns);
  InterlockedDecrement(&g_inside);
}

static VOID NTAPI PushExclusive(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  KeEnterCriticalRegion();
  ExAcquirePushLockExclusiveEx(&g_pushLock, 0);
  Work();
  ExReleasePushLockExclusiveEx(&g_pushLock, 0);
  KeLeaveCriticalRegion();
}

static VOID NTAPI PushShared(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  KeEnterCriticalRegion();
  ExAcquirePushLockSharedEx(&g_pushLock, 0);
  Work();
  ExReleasePushLockSharedEx(&g_pushLock, 0);
  KeLeaveCriticalRegion();
}

static VOID NTAPI ResourceExclusive(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  ExEnterCriticalRegionAndAcquireResourceExclusive(&g_resource);
  Work();
  ExReleaseResourceAndLeaveCriticalRegion(&g_resource);
}

static VOID NTAPI ResourceShared(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  ExEnterCriticalRegionAndAcquireResourceShared(&g_resource);
  Work();
  ExReleaseResourceAndLeaveCriticalRegion(&g_resource);
}

static BOOLEAN StartThreads(PKSTART_ROUTINE routine) {
  g_most = g_turns = 0;
  for (ULONG i = 0; i < THREADS; i++) {
    HANDLE handle;
    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, NULL)))
      return FALSE;
    ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, (PVOID *)&g_threads[i], NULL);
    ZwClose(handle);
  }
  return TRUE;
}

static void EndThreads(void) {
  for (ULONG i = 0; i < THREADS; i++) {
    KeWaitForSingleObject(g_threads[i], Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(g_threads[i]);
  }
}

static ULONG PushLocks(void) {
  ExInitializePushLock(&g_pushLock);
  CHECK(StartThreads(PushExclusive));
  EndThreads();
  CHECK(g_most == 1 && g_turns == THREADS);
  CHECK(StartThreads(PushShared));
  EndThreads();
  CHECK(g_most == THREADS && g_turns == THREADS);
  return 0;
}

static ULONG Resources(void) {
  RESOURCE *resource = (RESOURCE *)&g_resource;
  ERESOURCE_THREAD me = (ERESOURCE_THREAD)KeGetCurrentThread();
  ExInitializeResourceLite(&g_resource);
  CHECK(resource->ActiveEntries == 0 && resource->Owner.Thread == 0);

  ExEnterCriticalRegionAndAcquireResourceExclusive(&g_resource);
  CHECK(resource->ActiveEntries == 1 && (resource->Flag & 0x80) && resource->Owner.Thread == me && resource->Owner.Count >> 3 == 1);
  KeEnterCriticalRegion();
  CHECK(ExAcquireResourceSharedLite(&g_resource, FALSE) && resource->Owner.Count >> 3 == 2);
  CHECK(StartThreads(ResourceShared));
  Sleep(1);
  CHECK(ExGetSharedWaiterCount(&g_resource) == THREADS && resource->SharedWaiterCount == THREADS && resource->ContentionCount == THREADS && g_most == 0);
  ExReleaseResourceLite(&g_resource);
  KeLeaveCriticalRegion();
  CHECK(ExIsResourceAcquiredExclusiveLite(&g_resource));

  /* Once it is shared the others come in, and stand in the table. */
  ExConvertExclusiveToSharedLite(&g_resource);
  Sleep(1);
  CHECK(resource->ActiveEntries == THREADS + 1 && !(resource->Flag & 0x80) && resource->Table && resource->SharedWaiterCount == 0);
  ULONG others = 0;
  for (ULONG i = 1; i < resource->Table[0].Count; i++)
    others += resource->Table[i].Thread != 0;
  CHECK(others == THREADS && g_inside == THREADS);
  EndThreads();
  CHECK(resource->ActiveEntries == 1 && g_most == THREADS && g_turns == THREADS);
  ExReleaseResourceAndLeaveCriticalRegion(&g_resource);
  CHECK(resource->ActiveEntries == 0 && resource->Owner.Thread == 0);

  CHECK(StartThreads(ResourceExclusive));
  EndThreads();
  CHECK(g_most == 1 && g_turns == THREADS);
  KeEnterCriticalRegion();
  CHECK(ExAcquireResourceExclusiveLite(&g_resource, TRUE));
  ExReleaseResourceForThreadLite(&g_resource, me);
  KeLeaveCriticalRegion();
  CHECK(resource->ActiveEntries == 0 && ExGetExclusiveWaiterCount(&g_resource) == 0);
  CHECK(ExDeleteResourceLite(&g_resource) == STATUS_SUCCESS);
  return 0;
}

/* --- lists --- */

static ULONG Lists(void) {
  static SLIST_HEADER list;
  static __attribute__((aligned(16))) SLIST_ENTRY entries[3];
  ULONG64 *words = (ULONG64 *)&list;
  InitializeSListHead(&list);
  for (ULONG i = 0; i < 3; i++)
    ExpInterlockedPushEntrySList(&list, &entries[i]);
  CHECK((words[0] & 0xFFFF) == 3 && words[0] >> 16 == 3 && words[1] == (ULONG64)&entries[2]);
  CHECK(ExQueryDepthSList(&list) == 3 && ExpInterlockedPopEntrySList(&list) == &entries[2]);
  CHECK((words[0] & 0xFFFF) == 2 && words[1] == (ULONG64)&entries[1] && entries[1].Next == &entries[0]);
  return 0;
}

/* --- timers whose time has passed --- */

static KTIMER g_timer;
static KDPC g_dpc;
static LONG volatile g_ticks;

static VOID NTAPI Tick(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  g_ticks++;
}

static ULONG Timers(void) {
  LARGE_INTEGER due = {.QuadPart = 0};
  g_ticks = 0;
  KeInitializeTimerEx(&g_timer, SynchronizationTimer);
  KeInitializeDpc(&g_dpc, Tick, NULL);
  KeSetTimerEx(&g_timer, due, 10, &g_dpc);
  Sleep(1);
  CHECK(g_ticks == 1);
  Sleep(50);
  CHECK(g_ticks == 6);
  CHECK(KeCancelTimer(&g_timer));
  Sleep(50);
  CHECK(g_ticks == 6);
  due.QuadPart = MAXLONGLONG;
  KeSetTimer(&g_timer, due, NULL);
  due.QuadPart = -10000;
  CHECK(KeWaitForSingleObject(&g_timer, Executive, KernelMode, FALSE, &due) == STATUS_TIMEOUT);
  CHECK(KeCancelTimer(&g_timer));
  return 0;
}

/* --- names that are taken --- */

static ULONG Names(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\StructuresEvent"), taken = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE);
  OBJECT_ATTRIBUTES attributes;
  HANDLE first, second;
  PCALLBACK_OBJECT callback;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  CHECK(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_SUCCESS);
  CHECK(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_OBJECT_NAME_COLLISION);
  CHECK(ExCreateCallback(&callback, &attributes, TRUE, TRUE) == STATUS_OBJECT_TYPE_MISMATCH);
  attributes.Attributes |= OBJ_OPENIF;
  CHECK(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_OBJECT_NAME_EXISTS);
  CHECK(NT_SUCCESS(ZwClose(second)));
  PKEVENT event = IoCreateNotificationEvent(&name, &second);
  CHECK(event && NT_SUCCESS(ZwClose(second)) && NT_SUCCESS(ZwClose(first)));
  CHECK(!IoCreateNotificationEvent(&taken, &second));
  attributes.ObjectName = &taken;
  CHECK(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE) == STATUS_OBJECT_TYPE_MISMATCH);
  CHECK(PsTerminateSystemThread(STATUS_SUCCESS) == STATUS_INVALID_PARAMETER);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Trees, PushLocks, Resources, Lists, Timers, Names};

#include "checks.h"
