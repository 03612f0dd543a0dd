/* Calls any routine by name with any arguments, for who wants to know what a routine does with them. One control code says where the things are
   that arguments may point at; the other one calls, with exceptions caught and the interrupt level put back. */
#include <ntifs.h>
#include "requests.h"

#define TAG 'rllC'
#define DEVICE L"Caller"
#define ARGUMENTS 10

typedef struct {
  CHAR Name[64];
  ULONG64 Arguments[ARGUMENTS];
} CALL;

typedef ULONG64 (*ROUTINE)(ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64);

static PDEVICE_OBJECT g_device;
static PDRIVER_OBJECT g_driver;
static KEVENT g_event;
static KMUTEX g_mutex;
static KSEMAPHORE g_semaphore;
static KTIMER g_timer;
static KDPC g_dpc;
static FAST_MUTEX g_fastMutex;
static ERESOURCE g_resource;
static RTL_AVL_TABLE g_tree;
static LIST_ENTRY g_list;
static SLIST_HEADER g_entries;
static KSPIN_LOCK g_lock;
static ULONG64 g_pushLock;
static OBJECT_ATTRIBUTES g_attributes;
static NPAGED_LOOKASIDE_LIST g_lookaside;
static IO_REMOVE_LOCK g_remove;
static IO_STATUS_BLOCK g_status;
static LARGE_INTEGER g_soon = {.QuadPart = -10000}, g_zero;
static UNICODE_STRING g_name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), g_key = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\Caller");
static UNICODE_STRING g_file = RTL_CONSTANT_STRING(L"\\??\\C:\\caller.txt"), g_buffer;
static CHAR g_format[] = "%s %d %wZ %x\n";
static ULONG64 g_scratch[512], g_zeros[64];

/* What a routine may be handed as a callback: it returns 0, whatever its arguments are. */
static ULONG64 Nothing(PVOID a, PVOID b, PVOID c, PVOID d) {
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  UNREFERENCED_PARAMETER(c);
  UNREFERENCED_PARAMETER(d);
  return 0;
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_AVL_TABLE table, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(table);
  ULONG a = *(ULONG *)first, b = *(ULONG *)second;
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

static ULONG Things(PIRP irp, ULONG64 *things, ULONG count) {
  const ULONG64 all[] = {
      (ULONG64)g_device, (ULONG64)g_driver, (ULONG64)irp, (ULONG64)IoGetCurrentIrpStackLocation(irp)->FileObject, (ULONG64)PsGetCurrentProcess(),
      (ULONG64)KeGetCurrentThread(), (ULONG64)&g_event, (ULONG64)&g_mutex, (ULONG64)&g_semaphore, (ULONG64)&g_timer, (ULONG64)&g_dpc,
      (ULONG64)&g_fastMutex, (ULONG64)&g_resource, (ULONG64)&g_tree, (ULONG64)&g_list, (ULONG64)&g_entries, (ULONG64)&g_lock, (ULONG64)&g_pushLock,
      (ULONG64)&g_attributes, (ULONG64)&g_lookaside, (ULONG64)&g_remove, (ULONG64)&g_status, (ULONG64)&g_soon, (ULONG64)&g_zero, (ULONG64)&g_name,
      (ULONG64)&g_key, (ULONG64)&g_file, (ULONG64)&g_buffer, (ULONG64)g_format, (ULONG64)g_name.Buffer, (ULONG64)g_scratch, (ULONG64)g_zeros,
      (ULONG64)Nothing, (ULONG64)Compare, (ULONG64)*PsThreadType, (ULONG64)*PsProcessType, (ULONG64)*IoFileObjectType,
      (ULONG64)ExAllocatePool2(POOL_FLAG_NON_PAGED, 0x1000, TAG), (ULONG64)ExAllocatePool2(POOL_FLAG_PAGED, 0x200, TAG),
      (ULONG64)IoAllocateMdl(g_scratch, sizeof(g_scratch), FALSE, FALSE, NULL), (ULONG64)IoAllocateIrp(2, FALSE),
      (ULONG64)IoAllocateWorkItem(g_device), (ULONG64)g_scratch + sizeof(g_scratch) - 8,
  };
  ULONG bytes = sizeof(all) < count ? sizeof(all) : count;
  RtlCopyMemory(things, all, bytes);
  return bytes;
}

static ULONG64 Call(CALL *call) {
  WCHAR text[ARRAYSIZE(call->Name)];
  UNICODE_STRING name = {0, sizeof(text), text};
  for (; name.Length / 2 < ARRAYSIZE(call->Name) - 1 && call->Name[name.Length / 2]; name.Length += 2)
    text[name.Length / 2] = call->Name[name.Length / 2];
  ROUTINE routine = (ROUTINE)MmGetSystemRoutineAddress(&name);
  ULONG64 *a = call->Arguments, result = 0;
  if (!routine)
    return 0;
  KIRQL level = KeGetCurrentIrql();
  __try {
    result = routine(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    result = GetExceptionCode();
  }
  if (KeGetCurrentIrql() > level)
    KeLowerIrql(level);
  return result;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  ULONG64 *buffer = irp->AssociatedIrp.SystemBuffer;
  ULONG output = location->Parameters.DeviceIoControl.OutputBufferLength;
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
  case CTL_CODE(0x8000, 0xB00, METHOD_BUFFERED, FILE_ANY_ACCESS):
    return CompleteWith(irp, STATUS_SUCCESS, Things(irp, buffer, output));
  case CTL_CODE(0x8000, 0xB01, METHOD_BUFFERED, FILE_ANY_ACCESS):
    if (location->Parameters.DeviceIoControl.InputBufferLength < sizeof(CALL) || output < 2 * sizeof(ULONG64))
      return Complete(irp, STATUS_BUFFER_TOO_SMALL);
    buffer[0] = Call((CALL *)buffer);
    buffer[1] = g_scratch[0];
    return CompleteWith(irp, STATUS_SUCCESS, 2 * sizeof(ULONG64));
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  KeCancelTimer(&g_timer);
  ExDeleteResourceLite(&g_resource);
  ExDeleteNPagedLookasideList(&g_lookaside);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  static WCHAR room[64];
  g_driver = driver;
  NTSTATUS status = IoCreateDevice(driver, 0, &g_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  g_buffer.Buffer = room;
  g_buffer.MaximumLength = sizeof(room);
  KeInitializeEvent(&g_event, NotificationEvent, TRUE);
  KeInitializeMutex(&g_mutex, 0);
  KeInitializeSemaphore(&g_semaphore, 5, 10);
  KeInitializeTimer(&g_timer);
  KeInitializeDpc(&g_dpc, (PKDEFERRED_ROUTINE)Nothing, NULL);
  ExInitializeFastMutex(&g_fastMutex);
  ExInitializeResourceLite(&g_resource);
  RtlInitializeGenericTableAvl(&g_tree, Compare, Allocate, Free, NULL);
  InitializeListHead(&g_list);
  InitializeSListHead(&g_entries);
  ExInitializeNPagedLookasideList(&g_lookaside, NULL, NULL, 0, 64, TAG, 0);
  InitializeObjectAttributes(&g_attributes, &g_key, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
