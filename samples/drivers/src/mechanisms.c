/* One driver for the mechanisms of the course: exceptions, threads, timers, DPCs, work items, pending and cancelled requests,
   cancel-safe queues, stacks. */
#include <ntddk.h>
#include "requests.h"

#define TAG 'hceM'
#define CODE(n) CTL_CODE(0x8000, 0xB00 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)

int _vsnwprintf(unsigned short *, unsigned long long, const unsigned short *, __builtin_va_list);

static PDEVICE_OBJECT g_device;
static PIRP g_pending;
static KTIMER g_timer;
static KDPC g_dpc;
static KEVENT g_wake, g_done;
static KMUTEX g_mutex;
static KSEMAPHORE g_semaphore;
static LONG volatile g_ticks, g_finally, g_worked;
static PKTHREAD g_thread;
static BOOLEAN volatile g_stop;
static ULONG volatile g_zero;

static __attribute__((noinline)) ULONG Load(volatile ULONG *address) { return *address; }
static __attribute__((noinline)) ULONG Divide(ULONG a, ULONG b) { return a / b; }

static __attribute__((noinline)) void Raise(NTSTATUS status) {
  if (g_zero == 0)
    ExRaiseStatus(status);
}

static ULONG Guarded(ULONG what) {
  ULONG result = 0;
  __try {
    __try {
      switch (what) {
      case 0:
        result = Load((ULONG *)0x40);
        break;
      case 1:
        result = Divide(100, g_zero);
        break;
      case 2:
        Raise(STATUS_INVALID_PARAMETER_3);
        break;
      case 3:
        ProbeForRead((PVOID)0xFFFFF80000000000ULL, 4, 1);
        break;
      }
    } __finally {
      InterlockedIncrement(&g_finally);
    }
  } __except (GetExceptionCode() == STATUS_NOT_FOUND ? EXCEPTION_CONTINUE_SEARCH : EXCEPTION_EXECUTE_HANDLER) {
    result = GetExceptionCode();
  }
  return result;
}

static void OnTimer(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  InterlockedIncrement(&g_ticks);
}

static void Work(PDEVICE_OBJECT device, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  InterlockedIncrement(&g_worked);
  IoFreeWorkItem((PIO_WORKITEM)context);
}

static void Thread(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  for (;;) {
    KeWaitForSingleObject(&g_wake, Executive, KernelMode, FALSE, NULL);
    if (g_stop)
      break;
    KeWaitForSingleObject(&g_mutex, Executive, KernelMode, FALSE, NULL);
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    KeReleaseMutex(&g_mutex, FALSE);
    KeReleaseSemaphore(&g_semaphore, 0, 1, FALSE);
    KeSetEvent(&g_done, 0, FALSE);
  }
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static void Cancel(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  g_pending = NULL;
  IoReleaseCancelSpinLock(irp->CancelIrql);
  CompleteWith(irp, STATUS_CANCELLED, 0);
}

/* --- a cancel-safe queue: the driver keeps the requests, the system deals with cancelling --- */

static IO_CSQ g_queue;
static LIST_ENTRY g_requests;
static KSPIN_LOCK g_requestLock;

static VOID NTAPI InsertRequest(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  InsertTailList(&g_requests, &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI RemoveRequest(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

/* The next request of a file, or of any. */
static PIRP NTAPI PeekRequest(PIO_CSQ queue, PIRP irp, PVOID file) {
  UNREFERENCED_PARAMETER(queue);
  for (PLIST_ENTRY entry = irp ? irp->Tail.Overlay.ListEntry.Flink : g_requests.Flink; entry != &g_requests; entry = entry->Flink) {
    PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
    if (!file || IoGetCurrentIrpStackLocation(next)->FileObject == file)
      return next;
  }
  return NULL;
}

static VOID NTAPI LockRequests(PIO_CSQ queue, PKIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeAcquireSpinLock(&g_requestLock, level);
}

static VOID NTAPI UnlockRequests(PIO_CSQ queue, KIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeReleaseSpinLock(&g_requestLock, level);
}

static VOID NTAPI CompleteCancelled(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  CompleteWith(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI Cleanup(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIRP left;
  while ((left = IoCsqRemoveNextIrp(&g_queue, IoGetCurrentIrpStackLocation(irp)->FileObject)) != NULL)
    CompleteWith(left, STATUS_CANCELLED, 0);
  return CompleteWith(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Format(PWCHAR buffer, SIZE_T count, PCWSTR format, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, format);
  int length = _vsnwprintf(buffer, count, format, list);
  __builtin_va_end(list);
  return length;
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  PULONG values = irp->AssociatedIrp.SystemBuffer;
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
  case CODE(0): { /* exceptions */
    ULONG status = Guarded(values[0]);
    values[0] = status;
    values[1] = g_finally;
    return CompleteWith(irp, STATUS_SUCCESS, 8);
  }
  case CODE(1): { /* a periodic timer, every 10 ms */
    LARGE_INTEGER due = {.QuadPart = -100000};
    KeSetTimerEx(&g_timer, due, 10, &g_dpc);
    return CompleteWith(irp, STATUS_SUCCESS, 0);
  }
  case CODE(2):
    values[0] = g_ticks;
    values[1] = g_worked;
    return CompleteWith(irp, STATUS_SUCCESS, 8);
  case CODE(3): { /* a work item */
    PIO_WORKITEM item = IoAllocateWorkItem(g_device);
    if (!item)
      return CompleteWith(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoQueueWorkItem(item, Work, DelayedWorkQueue, item);
    return CompleteWith(irp, STATUS_SUCCESS, 0);
  }
  case CODE(4): { /* hand over to the thread and wait for it */
    LARGE_INTEGER soon = {.QuadPart = -5000000}, later = {.QuadPart = -50000000};
    PVOID objects[] = {&g_done, &g_semaphore};
    KeSetEvent(&g_wake, 0, FALSE);
    values[0] = KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &soon, NULL);
    values[1] = KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &later, NULL);
    return CompleteWith(irp, STATUS_SUCCESS, 8);
  }
  case CODE(5): /* a request that stays until it is cancelled or completed */
    IoMarkIrpPending(irp);
    g_pending = irp;
    IoSetCancelRoutine(irp, Cancel);
    return STATUS_PENDING;
  case CODE(6): {
    PIRP pending = g_pending;
    g_pending = NULL;
    if (pending && IoSetCancelRoutine(pending, NULL))
      CompleteWith(pending, STATUS_SUCCESS, 0);
    return CompleteWith(irp, STATUS_SUCCESS, 0);
  }
  case CODE(7): { /* formatting */
    UNICODE_STRING text = RTL_CONSTANT_STRING(L"wide");
    DbgPrint("[%5d|%-5d|%05d|%+d|%x|%#X|%08llx|%I64u|%p]\n", 42, 42, 42, 42, 0xBEEF, 0xBEEF, 0x1234567890ULL, 18446744073709551615ULL, (PVOID)0x1234);
    DbgPrint("[%s|%.3s|%8s|%-8s|%ws|%S|%wZ|%c|%%]\n", "text", "text", "text", "text", L"wide", L"wide", &text, 'c');
    values[0] = Format((PWCHAR)(values + 1), 16, L"%d-%s", 7, L"x");
    return CompleteWith(irp, STATUS_SUCCESS, 16);
  }
  case CODE(8): /* a request that waits in the queue */
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_PENDING;
  case CODE(9): { /* the oldest request of the queue is done */
    PIRP next = IoCsqRemoveNextIrp(&g_queue, NULL);
    if (next)
      CompleteWith(next, STATUS_SUCCESS, 0);
    return CompleteWith(irp, next ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES, 0);
  }
  }
  return CompleteWith(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Mechanisms");
  KeCancelTimer(&g_timer);
  KeFlushQueuedDpcs();
  g_stop = TRUE;
  KeSetEvent(&g_wake, 0, FALSE);
  KeWaitForSingleObject(g_thread, Executive, KernelMode, FALSE, NULL);
  ObDereferenceObject(g_thread);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Mechanisms"), link = RTL_CONSTANT_STRING(L"\\??\\Mechanisms");
  HANDLE thread;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  KeInitializeTimer(&g_timer);
  KeInitializeDpc(&g_dpc, OnTimer, NULL);
  KeInitializeEvent(&g_wake, SynchronizationEvent, FALSE);
  KeInitializeEvent(&g_done, SynchronizationEvent, FALSE);
  KeInitializeMutex(&g_mutex, 0);
  KeInitializeSemaphore(&g_semaphore, 0, 10);
  InitializeListHead(&g_requests);
  KeInitializeSpinLock(&g_requestLock);
  IoCsqInitialize(&g_queue, InsertRequest, RemoveRequest, PeekRequest, LockRequests, UnlockRequests, CompleteCancelled);
  status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, NULL);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(g_device);
    return status;
  }
  ObReferenceObjectByHandle(thread, SYNCHRONIZE, *PsThreadType, KernelMode, (PVOID *)&g_thread, NULL);
  ZwClose(thread);
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    g_stop = TRUE;
    KeSetEvent(&g_wake, 0, FALSE);
    KeWaitForSingleObject(g_thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(g_thread);
    IoDeleteDevice(g_device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return status;
}
