/* Drivers that are wrong on purpose: each BUG is one mistake that the lab must find. Requests reach it through \\.\Broken. */
#include <ntddk.h>
#include "requests.h"

#define TAG 'korB'

static PDEVICE_OBJECT g_device;
static KSPIN_LOCK g_spin;
static FAST_MUTEX g_mutex;
static KEVENT g_event;
static KDPC g_dpc;
static PVOID volatile g_sink;
static ULONG volatile g_zero;

static __attribute__((noinline)) void Touch(volatile UCHAR *address, ULONG offset) { address[offset] = 1; }
static __attribute__((noinline)) UCHAR Look(volatile UCHAR *address, ULONG offset) { return address[offset]; }

#if BUG == 13
static void OnDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  KeWaitForSingleObject(&g_event, Executive, KernelMode, FALSE, NULL);
}
#endif

#if BUG == 18
static void OnThread(HANDLE process, HANDLE thread, BOOLEAN created) {
  UNREFERENCED_PARAMETER(process);
  UNREFERENCED_PARAMETER(thread);
  UNREFERENCED_PARAMETER(created);
}
#endif

#if BUG == 22
static __attribute__((noinline)) int Recurse(int depth) { return depth ? Recurse(depth + 1) + Look((PUCHAR)&depth, 0) : 0; }
#endif

#if BUG == 4
__attribute__((section("PAGE"), noinline)) static ULONG Pageable(ULONG value) { return value * 3 + g_zero; }
#endif

static NTSTATUS Misbehave(PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  UNREFERENCED_PARAMETER(location);
  KIRQL level;
  UNREFERENCED_PARAMETER(level);
#if BUG == 1 /* a routine above its interrupt level */
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\None");
  KeRaiseIrql(DISPATCH_LEVEL, &level);
  IoDeleteSymbolicLink(&name);
  KeLowerIrql(level);
#elif BUG == 2 /* the level is not restored */
  KeRaiseIrql(DISPATCH_LEVEL, &level);
#elif BUG == 3 /* paged pool at DISPATCH_LEVEL */
  PUCHAR block = ExAllocatePool2(POOL_FLAG_PAGED, 64, TAG);
  KeRaiseIrql(DISPATCH_LEVEL, &level);
  Touch(block, 0);
  KeLowerIrql(level);
  ExFreePoolWithTag(block, TAG);
#elif BUG == 4 /* pageable code at DISPATCH_LEVEL */
  KeRaiseIrql(DISPATCH_LEVEL, &level);
  g_sink = (PVOID)(ULONG_PTR)Pageable(1);
  KeLowerIrql(level);
#elif BUG == 5 /* a leak */
  g_sink = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
#elif BUG == 6 /* a double free */
  PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
  ExFreePoolWithTag(block, TAG);
  ExFreePoolWithTag(block, TAG);
#elif BUG == 7 /* use after free */
  PUCHAR block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
  ExFreePoolWithTag(block, TAG);
  g_sink = (PVOID)(ULONG_PTR)Look(block, 8);
#elif BUG == 8 /* an overrun by one byte */
  PUCHAR block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
  Touch(block, 100);
  ExFreePoolWithTag(block, TAG);
#elif BUG == 9 /* a lock that is held on return */
  ExAcquireFastMutex(&g_mutex);
#elif BUG == 10 /* completed twice */
  Complete(irp, STATUS_SUCCESS);
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
#elif BUG == 11 /* never completed */
  return STATUS_SUCCESS;
#elif BUG == 12 /* pending without a mark */
  return STATUS_PENDING;
#elif BUG == 13 /* a wait in a DPC */
  KeInitializeDpc(&g_dpc, OnDpc, NULL);
  KeInsertQueueDpc(&g_dpc, NULL, NULL);
#elif BUG == 14 /* a user buffer without a probe */
  g_sink = *(PVOID *)location->Parameters.DeviceIoControl.Type3InputBuffer;
#elif BUG == 15 /* an exception that nobody handles */
  Touch((PUCHAR)0x10, 0);
#elif BUG == 16 /* a handle and a reference are kept */
  HANDLE handle;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
  ObReferenceObject(PsGetCurrentProcess());
#elif BUG == 19 /* a routine that the executive does not have */
  extern void NTAPI NotInTheExecutive(void);
  NotInTheExecutive();
#elif BUG == 20 /* a loop without an end */
  while (!*(volatile ULONG *)&g_zero)
    ;
#elif BUG == 21 /* a wait for ever */
  KeWaitForSingleObject(&g_event, Executive, KernelMode, FALSE, NULL);
#elif BUG == 22 /* recursion without an end */
  g_sink = (PVOID)(ULONG_PTR)Recurse(1);
#elif BUG == 23 /* a jump into data */
  ((void (*)(void))(ULONG_PTR)&g_spin)();
#elif BUG == 24 /* a spin lock twice */
  KeAcquireSpinLock(&g_spin, &level);
  KeAcquireSpinLockAtDpcLevel(&g_spin);
#elif BUG == 25 /* a division by zero */
  g_sink = (PVOID)(ULONG_PTR)(100 / g_zero);
#elif BUG == 26 /* a handle of nobody */
  ZwClose((HANDLE)0x1234);
#elif BUG == 27 /* a wrong tag */
  ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG), 'gnrW');
#elif BUG == 28 /* an address in the kernel's space where nothing is */
  Touch((PUCHAR)0xFFFF900000000000ULL, 0);
#elif BUG == 29 /* more information than room */
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 1000;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
#elif BUG == 31 /* touched after its completion */
  Complete(irp, STATUS_SUCCESS);
  return irp->IoStatus.Status;
#elif BUG == 30 /* recursion through the executive */
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(g_device, irp);
#endif
  return Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(irp);
}

static void Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Broken");
  IoDeleteSymbolicLink(&link);
#if BUG != 17 /* a device is left behind */
  IoDeleteDevice(driver->DeviceObject);
#endif
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Broken"), link = RTL_CONSTANT_STRING(L"\\??\\Broken");
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  KeInitializeSpinLock(&g_spin);
  ExInitializeFastMutex(&g_mutex);
  KeInitializeEvent(&g_event, NotificationEvent, FALSE);
#if BUG == 18 /* a notify routine is left behind */
  PsSetCreateThreadNotifyRoutine(OnThread);
#endif
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
