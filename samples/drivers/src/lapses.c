/* Mistakes by number, of the sort that shows when the executive works on what a driver handed it, or when the driver goes: a control code commits one. */
#include <fltKernel.h>
#include "requests.h"

#define TAG 'spaL'
#define DEVICE L"Lapses"

static PDEVICE_OBJECT g_device, g_late;
static PFLT_FILTER g_filter;
static PFLT_PORT g_port;
static KSPIN_LOCK g_spin;
static KEVENT g_event;
static KTIMER g_timer;
static PVOID volatile g_sink;

static PVOID Freed(SIZE_T bytes) {
  PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, TAG);
  if (block)
    ExFreePoolWithTag(block, TAG);
  return block;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  IoDeleteSymbolicLink(&link);
  if (g_late)
    IoDeleteDevice(g_late);
  IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS FLTAPI OnUnload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  Unload(g_device->DriverObject);
  return STATUS_SUCCESS;
}

static NTSTATUS FLTAPI OnConnect(PFLT_PORT client, PVOID cookie, PVOID context, ULONG size, PVOID *connection) {
  UNREFERENCED_PARAMETER(client);
  UNREFERENCED_PARAMETER(cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(size);
  *connection = NULL;
  return STATUS_SUCCESS;
}

static VOID FLTAPI OnDisconnect(PVOID connection) { UNREFERENCED_PARAMETER(connection); }

static const FLT_OPERATION_REGISTRATION g_operations[] = {{IRP_MJ_OPERATION_END}};
static const FLT_REGISTRATION g_registration = {
    .Size = sizeof(FLT_REGISTRATION), .Version = FLT_REGISTRATION_VERSION, .OperationRegistration = g_operations, .FilterUnloadCallback = OnUnload};

static VOID NTAPI EndWithLock(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  static FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  KeEnterCriticalRegion();
  ExAcquireFastMutexUnsafe(&mutex);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI OnTimer(PEX_TIMER timer, PVOID context) {
  UNREFERENCED_PARAMETER(timer);
  UNREFERENCED_PARAMETER(context);
}

static VOID OpenPort(void) {
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\LapsesPort");
  PSECURITY_DESCRIPTOR descriptor;
  FltRegisterFilter(g_device->DriverObject, &g_registration, &g_filter);
  FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  FltCreateCommunicationPort(g_filter, &g_port, &attributes, NULL, OnConnect, OnDisconnect, NULL, 1);
  FltFreeSecurityDescriptor(descriptor);
}

static VOID UseUpMemory(void) {
  for (SIZE_T bytes = 1 << 20; bytes >= 16; bytes >>= 4)
    while (ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, bytes, TAG))
      ;
  for (;;) {
    HANDLE event;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
  }
}

static NTSTATUS Misbehave(ULONG mistake, PIRP irp) {
  LARGE_INTEGER due = {.QuadPart = -10000};
  UNICODE_STRING text, copy;
  KIRQL level;
  PMDL mdl;
  HANDLE thread;
  switch (mistake) {
  case 0: /* an event is set that is freed */
    KeSetEvent(Freed(sizeof(KEVENT)), IO_NO_INCREMENT, FALSE);
    break;
  case 1: /* a timer is set that is freed */
    KeSetTimer(Freed(sizeof(KTIMER)), due, NULL);
    break;
  case 2: /* a fast mutex is acquired that is freed */
    ExAcquireFastMutex(Freed(sizeof(FAST_MUTEX)));
    break;
  case 3: { /* a timer is freed while it is set */
    PKTIMER timer = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KTIMER), TAG);
    KeInitializeTimer(timer);
    KeSetTimer(timer, due, NULL);
    ExFreePoolWithTag(timer, TAG);
    break;
  }
  case 4: /* a string says that it is longer than its buffer */
    text.Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG);
    text.Length = text.MaximumLength = 16;
    IoDeleteSymbolicLink(&text);
    break;
  case 5: /* a string is copied to where it has less room than it says */
    RtlInitUnicodeString(&text, L"more than four characters");
    copy.Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG);
    copy.Length = 0;
    copy.MaximumLength = text.Length;
    RtlCopyUnicodeString(&copy, &text);
    break;
  case 6: /* an entry is queued that is freed */
    InitializeListHead((PLIST_ENTRY)&g_event.Header.WaitListHead);
    ExInterlockedInsertTailList(&g_event.Header.WaitListHead, Freed(sizeof(LIST_ENTRY)), &g_spin);
    break;
  case 7: /* an event in paged pool is set at DISPATCH_LEVEL */
    g_sink = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(KEVENT), TAG);
    KeInitializeEvent(g_sink, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    KeSetEvent(g_sink, IO_NO_INCREMENT, FALSE);
    KeLowerIrql(level);
    break;
  case 8: /* a communication port is not closed */
    OpenPort();
    break;
  case 9: { /* a device that is made late keeps DO_DEVICE_INITIALIZING */
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Late");
    IoCreateDevice(g_device->DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_late);
    break;
  }
  case 10: { /* a table that was not initialised */
    static RTL_AVL_TABLE table;
    RtlInsertElementGenericTableAvl(&table, &due, sizeof(due), NULL);
    break;
  }
  case 11: /* a jump to where no routine of the kernel begins */
    ((VOID(NTAPI *)(void))((ULONG_PTR)MmGetSystemRoutineAddress(&(UNICODE_STRING)RTL_CONSTANT_STRING(L"KeSetEvent")) + 5))();
    break;
  case 12: /* an interrupt that the machine does not have */
    __asm__ volatile("int $0x80");
    break;
  case 13: /* the machine's memory is used up */
    UseUpMemory();
  case 14: /* an MDL is not freed */
    g_sink = IoAllocateMdl(&g_timer, sizeof(g_timer), FALSE, FALSE, NULL);
    break;
  case 15: /* pages stay locked, and their MDL is freed */
    mdl = IoAllocateMdl(&g_timer, sizeof(g_timer), FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    IoFreeMdl(mdl);
    break;
  case 16: /* pages are unlocked that are not locked */
    mdl = IoAllocateMdl(&g_timer, sizeof(g_timer), FALSE, FALSE, NULL);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    break;
  case 17: /* an IRP is not freed */
    g_sink = IoAllocateIrp(2, FALSE);
    break;
  case 18: { /* an IRP is built and not sent */
    static IO_STATUS_BLOCK block;
    g_sink = IoBuildDeviceIoControlRequest(0x80002000, g_device, NULL, 0, NULL, 0, FALSE, &g_event, &block);
    break;
  }
  case 19: /* a request is left pending for ever */
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
  case 20: /* a wait at DISPATCH_LEVEL, though the event is set */
    KeSetEvent(&g_event, IO_NO_INCREMENT, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    KeWaitForSingleObject(&g_event, Executive, KernelMode, FALSE, NULL);
    KeLowerIrql(level);
    break;
  case 21: /* a routine for DISPATCH_LEVEL is called below it */
    KeAcquireSpinLockAtDpcLevel(&g_spin);
    KeReleaseSpinLockFromDpcLevel(&g_spin);
    break;
  case 22: /* a thread ends with a lock */
    PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, EndWithLock, NULL);
    ZwClose(thread);
    break;
  case 23: /* the cancel spin lock twice */
    IoAcquireCancelSpinLock(&level);
    IoAcquireCancelSpinLock(&level);
    break;
  case 24: { /* a timer of the executive's is left behind while it is set */
    PEX_TIMER timer = ExAllocateTimer(OnTimer, NULL, 0);
    ExSetTimer(timer, -10000000, 0, NULL);
    break;
  }
  case 25: /* more references are given back than were taken */
    ObReferenceObject(PsGetCurrentProcess());
    ObDereferenceObject(PsGetCurrentProcess());
    ObDereferenceObject(PsGetCurrentProcess());
    break;
  case 26: { /* the last bytes of the pool are overrun */
    PUCHAR block, last = NULL;
    while ((block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 1 << 20, TAG)) != NULL)
      last = block > last ? block : last;
    *(volatile ULONGLONG *)(last + (1 << 20) - 4) = 0;
    break;
  }
  case 27: /* an assertion fails */
    RtlAssert("mistake != 27", __FILE__, __LINE__, NULL);
    break;
  }
  return Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(((IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, irp);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  KeInitializeSpinLock(&g_spin);
  KeInitializeEvent(&g_event, NotificationEvent, FALSE);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_CLEANUP] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
