/* Misuses by number, of routines that make requests, run work, watch processes and lock images: a control code commits one of them. */
#include <ntifs.h>
#include "imported.h"
#include "requests.h"

#define TAG 'usiM'
#define DEVICE L"Misuses"

IMPORTED(NTSTATUS, ZwTerminateProcess, (HANDLE, NTSTATUS));
IMPORTED(VOID, MmUnlockPagableImageSection, (PVOID));
IMPORTED(PVOID, MmPageEntireDriver, (PVOID));

static PDEVICE_OBJECT g_device;

static VOID NTAPI OnWork(PDEVICE_OBJECT device, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(context);
}

static __attribute__((noinline)) void Print(const char *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
  __builtin_va_end(arguments);
}

static __attribute__((noinline)) ULONG Add(ULONG value) { return value + 1; }

static LONG volatile g_initialised;

static __attribute__((section("INIT"), noinline)) void Initialise(void) { g_initialised++; }

/* smss.exe is the one whose parent is System. */
static HANDLE FindSessionManager(void) {
  for (ULONG_PTR id = 8; id < 0x4000; id += 4) {
    PEPROCESS process;
    PROCESS_BASIC_INFORMATION basic = {0};
    HANDLE handle;
    if (PsLookupProcessByProcessId((HANDLE)id, &process) != STATUS_SUCCESS)
      continue;
    ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle);
    ObDereferenceObject(process);
    ZwQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof(basic), NULL);
    if (basic.InheritedFromUniqueProcessId == 4 && (HANDLE)id != PsGetCurrentProcessId())
      return handle;
    ZwClose(handle);
  }
  return NULL;
}

IMPORTED(PVOID, memcpy, (PVOID, const VOID *, SIZE_T));

static NTSTATUS Misuse(ULONG number, PVOID userBuffer) {
  static const WCHAR constant[8] = L"const";
  KAPC_STATE state;
  KEVENT events[4];
  PVOID objects[4];
  PIRP irp;
  PIO_WORKITEM item;
  KIRQL level;
  UNICODE_STRING text = RTL_CONSTANT_STRING(L"wide"), target = {0, sizeof(constant), NULL};
  switch (number) {
  case 0: /* an IRP is set up in memory that is too small for its stack locations */
    irp = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(IRP), TAG);
    IoInitializeIrp(irp, sizeof(IRP), 2);
    ExFreePoolWithTag(irp, TAG);
    break;
  case 1: /* an IRP of the driver's own is completed to its end */
    irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
    IoCallDriver(g_device, irp);
    IoFreeIrp(irp);
    break;
  case 2: /* more objects than a thread has wait blocks for */
    for (ULONG i = 0; i < 4; i++) {
      KeInitializeEvent(&events[i], NotificationEvent, TRUE);
      objects[i] = &events[i];
    }
    KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
    break;
  case 3: /* a work item is queued twice */
    item = IoAllocateWorkItem(g_device);
    IoQueueWorkItem(item, OnWork, DelayedWorkQueue, NULL);
    IoQueueWorkItem(item, OnWork, DelayedWorkQueue, NULL);
    break;
  case 4: /* a work item is freed while it is queued */
    item = IoAllocateWorkItem(g_device);
    IoQueueWorkItem(item, OnWork, DelayedWorkQueue, NULL);
    IoFreeWorkItem(item);
    break;
  case 5: /* a section of the image is unlocked that is not locked */
    ImportedMmUnlockPagableImageSection((PVOID)Misuse);
    break;
  case 6: /* all of the driver may be paged out, and runs where it cannot be paged in */
    ImportedMmPageEntireDriver((PVOID)Misuse);
    level = KfRaiseIrql(DISPATCH_LEVEL);
    Add(level);
    KeLowerIrql(level);
    break;
  case 7: /* a process is ended without which Windows does not go on */
    ImportedZwTerminateProcess(FindSessionManager(), STATUS_SUCCESS);
    break;
  case 8: /* a class of information that the executive does not have */
    ZwQueryInformationProcess(ZwCurrentProcess(), 47, &level, sizeof(level), NULL);
    break;
  case 9: /* wide text is printed where its tables may be paged out */
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    Print("%-20wZ\n", &text);
    KeLowerIrql(level);
    break;
  case 10: /* a routine of the executive copies a user's buffer in the context of another process */
    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &state);
    Importedmemcpy(&level, userBuffer, 1);
    KeUnstackDetachProcess(&state);
    break;
  case 11: /* a routine of the executive writes to a constant */
    target.Buffer = (PWSTR)constant;
    RtlCopyUnicodeString(&target, &text);
    break;
  case 12: /* a routine that is for the initialization only is called later */
    Initialise();
    break;
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  return Complete(irp, Misuse(((location->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, location->Parameters.DeviceIoControl.Type3InputBuffer));
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  Initialise();
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
