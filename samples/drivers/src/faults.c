/* Mistakes by number, besides those of broken.c: a control code commits one of them, and what it leaves behind shows at unload. */
#include <ntifs.h>
#include "requests.h"

#define TAG 'tluF'
#define DEVICE L"Faults"
#define NEITHER(n) CTL_CODE(0x8000, 0xB00 + (n), METHOD_NEITHER, FILE_ANY_ACCESS)

static PDEVICE_OBJECT g_device;
static FAST_MUTEX g_mutex;
static ERESOURCE g_resource, g_untouched;
static KEVENT g_event;
static KDPC g_dpc;
static KTIMER g_timer;
static PIO_WORKITEM g_item;
static PVOID volatile g_user;
static LARGE_INTEGER g_cookie;

static __attribute__((noinline)) void Touch(volatile UCHAR *address) { *address = 1; }

static VOID NTAPI OnCancel(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  IoReleaseCancelSpinLock(irp->CancelIrql);
}

static VOID NTAPI QueueAgain(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  KeInsertQueueDpc(dpc, NULL, NULL);
}

static VOID NTAPI WaitForEver(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  LARGE_INTEGER hour = {.QuadPart = -36000000000LL};
  for (;;)
    KeDelayExecutionThread(KernelMode, FALSE, &hour);
}

static VOID NTAPI TouchUser(PDEVICE_OBJECT device, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(context);
  Touch(g_user);
  KeSetEvent(&g_event, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  UNREFERENCED_PARAMETER(name);
  UNREFERENCED_PARAMETER(process);
  UNREFERENCED_PARAMETER(info);
}

static NTSTATUS NTAPI OnRegistry(PVOID context, PVOID operation, PVOID data) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(operation);
  UNREFERENCED_PARAMETER(data);
  return STATUS_SUCCESS;
}

static VOID NTAPI OnCallback(PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
}

static NTSTATUS Misbehave(ULONG mistake, PIRP irp) {
  UNICODE_STRING text = RTL_CONSTANT_STRING(L"text"), link = RTL_CONSTANT_STRING(L"\\??\\FaultsLeft"), altitude = RTL_CONSTANT_STRING(L"385000.7");
  OBJECT_ATTRIBUTES attributes;
  LARGE_INTEGER second = {.QuadPart = -10000000}, size = {.QuadPart = 4096};
  PCALLBACK_OBJECT callback;
  KAPC_STATE *state;
  HANDLE handle;
  PVOID view = NULL;
  SIZE_T bytes = 0;
  KIRQL level;
  PMDL mdl;
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  switch (mistake) {
  case 0: /* a critical region is not left */
    KeEnterCriticalRegion();
    break;
  case 1: /* memory that is no allocation is freed */
    ExFreePoolWithTag((PUCHAR)irp + 16, 0);
    break;
  case 2: /* nothing is allocated */
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, TAG), TAG);
    break;
  case 3: /* flags that name no pool */
    ExAllocatePool2(POOL_FLAG_UNINITIALIZED, 16, TAG);
    break;
  case 4: /* something that is no IRP is sent */
    IoCallDriver(g_device, (PIRP)&g_mutex);
    break;
  case 5: /* completed with a cancel routine */
    IoSetCancelRoutine(irp, OnCancel);
    return Complete(irp, STATUS_SUCCESS);
  case 6: /* pages that are not locked are mapped */
    mdl = IoAllocateMdl((PVOID)0x10000, 16, FALSE, FALSE, NULL);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    IoFreeMdl(mdl);
    break;
  case 7: /* a fast mutex is acquired twice */
    ExAcquireFastMutex(&g_mutex);
    ExAcquireFastMutex(&g_mutex);
    break;
  case 8: /* a fast mutex that is not held is released */
    ExReleaseFastMutex(&g_mutex);
    break;
  case 9: /* a resource that was not initialised is acquired */
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&g_untouched, TRUE);
    KeLeaveCriticalRegion();
    break;
  case 10: /* a resource is acquired while APCs may come */
    ExAcquireResourceExclusiveLite(&g_resource, TRUE);
    ExReleaseResourceLite(&g_resource);
    break;
  case 11: /* a DPC queues itself without end */
    KeInitializeDpc(&g_dpc, QueueAgain, NULL);
    KeInsertQueueDpc(&g_dpc, NULL, NULL);
    break;
  case 12: /* a link is left behind */
    IoCreateSymbolicLink(&link, &text);
    break;
  case 13: /* a thread is left behind */
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WaitForEver, NULL);
    ZwClose(handle);
    break;
  case 14: /* a timer is left behind */
    KeInitializeTimer(&g_timer);
    KeSetTimerEx(&g_timer, second, 1000, NULL);
    break;
  case 15: /* a user's buffer is touched in another process */
    g_user = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    ProbeForWrite(g_user, 1, 1);
    g_item = IoAllocateWorkItem(g_device);
    IoQueueWorkItem(g_item, TouchUser, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&g_event, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(g_item);
    break;
  case 16: /* the thread stays attached */
    state = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*state), TAG);
    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, state);
    ExFreePoolWithTag(state, TAG);
    break;
  case 17: /* a view is left behind */
    ZwCreateSection(&handle, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    ZwMapViewOfSection(handle, ZwCurrentProcess(), &view, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE);
    ZwClose(handle);
    break;
  case 18: /* callbacks are left behind */
    ExCreateCallback(&callback, &attributes, TRUE, TRUE);
    ExRegisterCallback(callback, OnCallback, NULL);
    ObDereferenceObject(callback);
    PsSetLoadImageNotifyRoutine(OnImage);
    CmRegisterCallbackEx(OnRegistry, &altitude, g_device->DriverObject, NULL, &g_cookie, NULL);
    break;
  case 19: /* a byte in front of an allocation */
    view = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, TAG);
    Touch((PUCHAR)view - 1);
    break;
  case 20: /* threads without end */
    while (NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WaitForEver, NULL)))
      ZwClose(handle);
    break;
  case 21: /* handles without end */
    while (NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)))
      ;
    break;
  case 22: /* wide text at DISPATCH_LEVEL */
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    DbgPrint("%wZ\n", &text);
    KeLowerIrql(level);
    break;
  case 23: /* something that is no object is dereferenced */
    ObDereferenceObject(&g_mutex);
    break;
  case 24: /* marked pending, and another status returned */
    IoMarkIrpPending(irp);
    return Complete(irp, STATUS_SUCCESS);
  case 25: /* paged pool is allocated at DISPATCH_LEVEL */
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    view = ExAllocatePool2(POOL_FLAG_PAGED, 32, TAG);
    KeLowerIrql(level);
    ExFreePoolWithTag(view, TAG);
    break;
  case 26: /* a wait at DISPATCH_LEVEL */
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    KeWaitForSingleObject(&g_event, Executive, KernelMode, FALSE, &second);
    KeLowerIrql(level);
    break;
  case 27: /* work for the executive without end */
    for (PUCHAR block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 1 << 20, TAG);;)
      RtlFillMemory(block, 1 << 20, 1);
  case 28: /* a breakpoint without a debugger */
    __debugbreak();
    break;
  case 29: /* a corruption that the driver itself notices */
    __fastfail(3);
    break;
  }
  return Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(((IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, irp);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  IoDeleteSymbolicLink(&link);
  ExDeleteResourceLite(&g_resource);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  ExInitializeFastMutex(&g_mutex);
  ExInitializeResourceLite(&g_resource);
  KeInitializeEvent(&g_event, NotificationEvent, FALSE);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
