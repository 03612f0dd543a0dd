/* Sends requests to devices of its own and checks what the I/O manager does with them on the way: methods of passing buffers, completion
   routines, forwarding, cancelling, IRPs that a driver makes, device stacks, locked pages. */
#include <ntifs.h>
#include "imported.h"
#include "requests.h"

#define TAG 'qesR'
#define DEVICE L"Requests"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)
#define CODE(method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, method, FILE_ANY_ACCESS)

IMPORTED(NTSTATUS, IoCallDriver, (PDEVICE_OBJECT, PIRP));
IMPORTED(NTSTATUS, PoCallDriver, (PDEVICE_OBJECT, PIRP));
IMPORTED(VOID, IoCompleteRequest, (PIRP, CCHAR));
IMPORTED(BOOLEAN, IoIs32bitProcess, (PIRP));
IMPORTED(ULONG, IoGetRequestorProcessId, (PIRP));
IMPORTED(ULONG_PTR, IoGetRemainingStackSize, (void));
IMPORTED(VOID, IoGetStackLimits, (PULONG_PTR, PULONG_PTR));
IMPORTED(SIZE_T, MmSizeOfMdl, (PVOID, SIZE_T));
IMPORTED(PVOID, MmMapLockedPages, (PMDL, KPROCESSOR_MODE));
IMPORTED(NTSTATUS, IoCreateUnprotectedSymbolicLink, (PUNICODE_STRING, PUNICODE_STRING));
IMPORTED(NTSTATUS, IoCreateDeviceSecure, (PDRIVER_OBJECT, ULONG, PUNICODE_STRING, ULONG, ULONG, BOOLEAN, PUNICODE_STRING, const GUID *, PDEVICE_OBJECT *));
IMPORTED(NTSTATUS, WdmlibIoCreateDeviceSecure, (PDRIVER_OBJECT, ULONG, PUNICODE_STRING, ULONG, ULONG, BOOLEAN, PUNICODE_STRING, const GUID *, PDEVICE_OBJECT *));

typedef enum { Skip, Watch, Reclaim } FORWARDING;

static PDEVICE_OBJECT g_device, g_lower, g_upper;
static FORWARDING g_forwarding;
static PIRP g_pended;
static LONG g_seen[IRP_MJ_MAXIMUM_FUNCTION + 1], g_completions, g_cancelled;
static BOOLEAN g_pendReads;

/* --- the devices below --- */

static VOID NTAPI OnCancel(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  g_cancelled++;
  g_pended = NULL;
  Complete(irp, STATUS_CANCELLED);
}

static NTSTATUS Pend(PIRP irp) {
  KIRQL level;
  IoMarkIrpPending(irp);
  IoAcquireCancelSpinLock(&level);
  IoSetCancelRoutine(irp, OnCancel);
  g_pended = irp;
  IoReleaseCancelSpinLock(level);
  return STATUS_PENDING;
}

/* Each byte of the answer is one more than that of the question. */
static NTSTATUS Answer(PIRP irp, PIO_STACK_LOCATION location) {
  ULONG code = location->Parameters.DeviceIoControl.IoControlCode, length = location->Parameters.DeviceIoControl.OutputBufferLength;
  UCHAR *input = irp->AssociatedIrp.SystemBuffer, *output = input;
  switch (code & 3) {
  case METHOD_IN_DIRECT: /* the second buffer is read too: the answer is in the status */
    output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    return CompleteWith(irp, output ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES, output ? (ULONG_PTR)(input[0] + output[0]) : 0);
  case METHOD_OUT_DIRECT:
    output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    break;
  case METHOD_NEITHER:
    input = location->Parameters.DeviceIoControl.Type3InputBuffer;
    output = irp->UserBuffer;
    break;
  }
  if (!output || length > location->Parameters.DeviceIoControl.InputBufferLength)
    return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  for (ULONG i = 0; i < length; i++)
    output[i] = input[i] + 1;
  return CompleteWith(irp, STATUS_SUCCESS, length);
}

static NTSTATUS Lower(PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  g_seen[location->MajorFunction]++;
  switch (location->MajorFunction) {
  case IRP_MJ_READ:
    if (g_pendReads)
      return Pend(irp);
    RtlFillMemory(irp->AssociatedIrp.SystemBuffer, location->Parameters.Read.Length, 0x22);
    return CompleteWith(irp, STATUS_SUCCESS, location->Parameters.Read.Length);
  case IRP_MJ_DEVICE_CONTROL:
  case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    return Answer(irp, location);
  }
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  ImportedIoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnWatched(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(context);
  if (device == g_upper)
    g_completions++;
  if (irp->PendingReturned)
    IoMarkIrpPending(irp);
  return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS NTAPI OnReclaimed(PDEVICE_OBJECT device, PIRP irp, PVOID event) {
  UNREFERENCED_PARAMETER(irp);
  if (device == g_upper)
    g_completions++;
  KeSetEvent(event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS Upper(PIRP irp) {
  KEVENT event;
  switch (g_forwarding) {
  case Skip:
    IoSkipCurrentIrpStackLocation(irp);
    return ImportedPoCallDriver(g_lower, irp);
  case Watch:
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, OnWatched, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(g_lower, irp);
  case Reclaim:
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, OnReclaimed, &event, TRUE, TRUE, TRUE);
    if (ImportedIoCallDriver(g_lower, irp) == STATUS_PENDING)
      KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return CompleteWith(irp, irp->IoStatus.Status, irp->IoStatus.Information / 2);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static NTSTATUS NTAPI OtherDevice(PDEVICE_OBJECT device, PIRP irp) { return device == g_upper ? Upper(irp) : Lower(irp); }

#define OTHER_DEVICES OtherDevice

static ULONG Open(BOOLEAN attach) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\RequestsLower");
  PDEVICE_OBJECT below;
  RtlZeroMemory(g_seen, sizeof(g_seen));
  g_completions = g_cancelled = 0;
  g_pended = NULL;
  g_pendReads = FALSE;
  CHECK(IoCreateDevice(g_device->DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_lower) == STATUS_SUCCESS);
  g_lower->Flags |= DO_BUFFERED_IO;
  g_lower->Flags &= ~DO_DEVICE_INITIALIZING;
  if (!attach)
    return 0;
  CHECK(IoCreateDevice(g_device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_upper) == STATUS_SUCCESS);
  g_upper->Flags |= DO_BUFFERED_IO;
  below = IoAttachDeviceToDeviceStack(g_upper, g_lower);
  CHECK(below == g_lower && g_upper->StackSize == 2);
  g_upper->Flags &= ~DO_DEVICE_INITIALIZING;
  return 0;
}

static void Close(void) {
  if (g_upper) {
    IoDetachDevice(g_lower);
    IoDeleteDevice(g_upper);
    g_upper = NULL;
  }
  IoDeleteDevice(g_lower);
}

/* --- requests that the I/O manager builds --- */

static ULONG Ask(ULONG code, BOOLEAN isInternal, UCHAR *output, IO_STATUS_BLOCK *status) {
  KEVENT event;
  UCHAR input[4] = {1, 2, 3, 4};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(code, g_lower, input, sizeof(input), output, 4, isInternal, &event, status);
  CHECK(irp && irp->RequestorMode == KernelMode);
  if (IoCallDriver(g_lower, irp) == STATUS_PENDING)
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  CHECK(status->Status == STATUS_SUCCESS && KeReadStateEvent(&event));
  return 0;
}

static ULONG Controls(void) {
  IO_STATUS_BLOCK status;
  KEVENT event;
  ULONG failed = Open(FALSE);
  CHECK(failed == 0);
  for (ULONG method = METHOD_BUFFERED; method <= METHOD_NEITHER; method++) {
    for (BOOLEAN isInternal = FALSE; isInternal <= TRUE; isInternal++) {
      UCHAR output[4] = {40, 0, 0, 0};
      failed = Ask(CODE(method), isInternal, output, &status);
      CHECK(failed == 0);
      if (method == METHOD_IN_DIRECT)
        CHECK(status.Information == 41 && output[0] == 40);
      else
        CHECK(status.Information == 4 && output[0] == 2 && output[3] == 5);
    }
  }
  CHECK(g_seen[IRP_MJ_DEVICE_CONTROL] == 4 && g_seen[IRP_MJ_INTERNAL_DEVICE_CONTROL] == 4);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  CHECK(!IoBuildDeviceIoControlRequest(CODE(METHOD_OUT_DIRECT), g_lower, NULL, 0, (PVOID)0xFFFFFFFFFFFF0000, 16, FALSE, &event, &status));
  Close();
  return 0;
}

static ULONG ReadTop(ULONG length, UCHAR *buffer, IO_STATUS_BLOCK *status) {
  KEVENT event;
  LARGE_INTEGER zero = {.QuadPart = 0};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, g_upper, buffer, length, &zero, &event, status);
  CHECK(irp);
  NTSTATUS returned = IoCallDriver(g_upper, irp);
  if (returned == STATUS_PENDING) {
    CHECK(g_pended && !KeReadStateEvent(&event));
    irp = InterlockedExchangePointer((PVOID *)&g_pended, NULL);
    IoSetCancelRoutine(irp, NULL);
    RtlFillMemory(irp->AssociatedIrp.SystemBuffer, length, 0x33);
    CompleteWith(irp, STATUS_SUCCESS, length);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  CHECK(status->Status == STATUS_SUCCESS);
  return 0;
}

static ULONG Forwarding(void) {
  UCHAR buffer[8];
  IO_STATUS_BLOCK status;
  ULONG failed = Open(TRUE);
  CHECK(failed == 0);
  g_forwarding = Skip;
  CHECK((failed = ReadTop(sizeof(buffer), buffer, &status)) == 0 && status.Information == 8 && buffer[7] == 0x22);
  g_forwarding = Watch;
  CHECK((failed = ReadTop(sizeof(buffer), buffer, &status)) == 0 && status.Information == 8 && g_completions == 1);
  g_pendReads = TRUE;
  CHECK((failed = ReadTop(sizeof(buffer), buffer, &status)) == 0 && status.Information == 8 && g_completions == 2 && buffer[7] == 0x33);
  g_pendReads = FALSE;
  g_forwarding = Reclaim;
  RtlFillMemory(buffer, sizeof(buffer), 0);
  CHECK((failed = ReadTop(sizeof(buffer), buffer, &status)) == 0 && status.Information == 4 && g_completions == 3);
  CHECK(buffer[3] == 0x22 && buffer[4] == 0);
  CHECK(g_seen[IRP_MJ_READ] == 4);
  Close();
  return 0;
}

/* --- requests that the driver makes and keeps --- */

static NTSTATUS NTAPI OnOwn(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(irp);
  if (!device)
    (*(LONG *)context)++;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static ULONG SendOwn(PIRP irp, UCHAR *buffer, ULONG length, BOOLEAN extended) {
  LONG completions = 0;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = IRP_MJ_READ;
  next->Parameters.Read.Length = length;
  irp->AssociatedIrp.SystemBuffer = buffer;
  if (extended)
    CHECK(IoSetCompletionRoutineEx(g_device, irp, OnOwn, &completions, TRUE, TRUE, TRUE) == STATUS_SUCCESS);
  else
    IoSetCompletionRoutine(irp, OnOwn, &completions, TRUE, TRUE, TRUE);
  CHECK(IoCallDriver(g_lower, irp) == STATUS_SUCCESS);
  CHECK(completions == 1 && irp->IoStatus.Status == STATUS_SUCCESS && irp->IoStatus.Information == length && buffer[length - 1] == 0x22);
  return 0;
}

static ULONG OwnRequests(void) {
  UCHAR buffer[8] = {0};
  ULONG failed = Open(FALSE);
  CHECK(failed == 0);
  PIRP irp = IoAllocateIrp(g_lower->StackSize, FALSE);
  CHECK(irp && irp->StackCount == 1 && irp->CurrentLocation == 2 && !irp->Tail.Overlay.Thread && !IoGetRequestorProcess(irp));
  CHECK((failed = SendOwn(irp, buffer, sizeof(buffer), FALSE)) == 0);
  IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
  CHECK(irp->IoStatus.Status == STATUS_NOT_SUPPORTED && irp->CurrentLocation == 2 && !irp->AssociatedIrp.SystemBuffer);
  RtlZeroMemory(buffer, sizeof(buffer));
  CHECK((failed = SendOwn(irp, buffer, sizeof(buffer), TRUE)) == 0);
  IoFreeIrp(irp);
  USHORT size = IoSizeOfIrp(1);
  irp = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
  CHECK(irp);
  IoInitializeIrp(irp, size, 1);
  CHECK(irp->Type == IO_TYPE_IRP && irp->Size == size && irp->StackCount == 1 && !irp->MdlAddress && !irp->IoStatus.Information);
  RtlZeroMemory(buffer, sizeof(buffer));
  CHECK((failed = SendOwn(irp, buffer, sizeof(buffer), FALSE)) == 0);
  ExFreePoolWithTag(irp, TAG);
  Close();
  return 0;
}

static NTSTATUS NTAPI OnAsynchronous(PDEVICE_OBJECT device, PIRP irp, PVOID event) {
  UNREFERENCED_PARAMETER(device);
  g_completions++;
  if (irp->MdlAddress) {
    MmUnlockPages(irp->MdlAddress);
    IoFreeMdl(irp->MdlAddress);
  }
  IoFreeIrp(irp);
  KeSetEvent(event, IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static ULONG Asynchronous(void) {
  KEVENT event;
  IO_STATUS_BLOCK status = {0};
  LARGE_INTEGER zero = {.QuadPart = 0};
  UCHAR buffer[8] = {0};
  ULONG failed = Open(FALSE);
  CHECK(failed == 0);
  g_lower->Flags = (g_lower->Flags & ~DO_BUFFERED_IO) | DO_DIRECT_IO;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  PIRP irp = IoBuildAsynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, g_lower, NULL, 0, NULL, &status);
  CHECK(irp && irp->Tail.Overlay.Thread == PsGetCurrentThread());
  IoSetCompletionRoutine(irp, OnAsynchronous, &event, TRUE, TRUE, TRUE);
  IoCallDriver(g_lower, irp);
  CHECK(KeReadStateEvent(&event) && g_completions == 1 && g_seen[IRP_MJ_FLUSH_BUFFERS] == 1);
  KeClearEvent(&event);
  irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, g_lower, buffer, sizeof(buffer), &zero, &status);
  CHECK(irp && irp->MdlAddress && MmGetMdlByteCount(irp->MdlAddress) == sizeof(buffer));
  IoSetCompletionRoutine(irp, OnAsynchronous, &event, TRUE, TRUE, TRUE);
  IoCallDriver(g_lower, irp);
  CHECK(KeReadStateEvent(&event) && g_completions == 2);
  Close();
  return 0;
}

static NTSTATUS NTAPI OnCancelled(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  if (irp->Cancel && irp->IoStatus.Status == STATUS_CANCELLED)
    *(LONG *)context = 1;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

static ULONG Cancelling(void) {
  LONG completed = 0;
  ULONG failed = Open(FALSE);
  CHECK(failed == 0);
  g_pendReads = TRUE;
  PIRP irp = IoAllocateIrp(1, FALSE);
  CHECK(irp);
  IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
  IoSetCompletionRoutine(irp, OnCancelled, &completed, FALSE, FALSE, TRUE);
  CHECK(IoCallDriver(g_lower, irp) == STATUS_PENDING && g_pended == irp && irp->CancelRoutine == OnCancel);
  CHECK(IoCancelIrp(irp) && g_cancelled == 1 && completed == 1 && KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK(!IoCancelIrp(irp) && g_cancelled == 1);
  IoFreeIrp(irp);
  Close();
  return 0;
}

static PEPROCESS g_requestor;
static ULONG g_requestorId;

static VOID NTAPI LookAtRequestor(PDEVICE_OBJECT device, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  g_requestor = IoGetRequestorProcess(g_pended);
  g_requestorId = ImportedIoGetRequestorProcessId(g_pended);
  KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static ULONG Requestors(void) {
  KEVENT event, done;
  IO_STATUS_BLOCK status;
  LARGE_INTEGER zero = {.QuadPart = 0};
  UCHAR buffer[4];
  ULONG_PTR low, high;
  ULONG failed = Open(FALSE);
  CHECK(failed == 0);
  g_pendReads = TRUE;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, g_lower, buffer, sizeof(buffer), &zero, &done, &status);
  CHECK(irp && IoCallDriver(g_lower, irp) == STATUS_PENDING);
  /* on the thread of a work item, which is one of the System process */
  PIO_WORKITEM item = IoAllocateWorkItem(g_device);
  CHECK(item);
  IoQueueWorkItem(item, LookAtRequestor, DelayedWorkQueue, &event);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  IoFreeWorkItem(item);
  CHECK(g_requestor == PsGetCurrentProcess() && g_requestorId == (ULONG)(ULONG_PTR)PsGetCurrentProcessId() && g_requestorId != 4);
  CHECK(!ImportedIoIs32bitProcess(irp));
  CHECK(IoCancelIrp(irp) && status.Status == STATUS_CANCELLED);
  CHECK(!IoGetTopLevelIrp());
  IoSetTopLevelIrp((PIRP)FSRTL_FSP_TOP_LEVEL_IRP);
  CHECK(IoGetTopLevelIrp() == (PIRP)FSRTL_FSP_TOP_LEVEL_IRP);
  IoSetTopLevelIrp(NULL);
  ImportedIoGetStackLimits(&low, &high);
  CHECK(low < (ULONG_PTR)&low && (ULONG_PTR)&low < high);
  CHECK(ImportedIoGetRemainingStackSize() <= (ULONG_PTR)&irp - low + 0x200 && ImportedIoGetRemainingStackSize() > 0x400);
  Close();
  return 0;
}

/* --- devices and their stacks --- */

static ULONG Stacks(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\RequestsLower"), nowhere = RTL_CONSTANT_STRING(L"\\NoDirectory\\Requests"), secure = RTL_CONSTANT_STRING(L"\\Device\\RequestsSecure");
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\RequestsSecure"), descriptor = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)");
  PFILE_OBJECT file;
  PDEVICE_OBJECT device, other, below;
  PDRIVER_OBJECT driver = g_device->DriverObject;
  ULONG failed = Open(TRUE);
  CHECK(failed == 0);
  g_forwarding = Skip;
  CHECK(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device) == STATUS_SUCCESS && device == g_upper && file->DeviceObject == g_lower);
  CHECK(g_seen[IRP_MJ_CREATE] == 1 && g_seen[IRP_MJ_CLEANUP] == 1 && g_seen[IRP_MJ_CLOSE] == 0);
  CHECK(IoGetRelatedDeviceObject(file) == g_upper);
  other = IoGetAttachedDeviceReference(g_lower);
  CHECK(other == g_upper);
  ObDereferenceObject(other);
  ObDereferenceObject(file);
  CHECK(g_seen[IRP_MJ_CREATE] == 1 && g_seen[IRP_MJ_CLEANUP] == 1 && g_seen[IRP_MJ_CLOSE] == 1);
  /* a third one, by name: it opens the stack to find it */
  CHECK(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other) == STATUS_SUCCESS);
  CHECK(IoAttachDevice(other, &secure, &below) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(IoAttachDevice(other, &name, &below) == STATUS_SUCCESS && below == g_upper && other->StackSize == 3 && IoGetAttachedDevice(g_lower) == other);
  IoDetachDevice(below);
  IoDeleteDevice(other);
  CHECK(IoGetAttachedDevice(g_lower) == g_upper);
  CHECK(IoCreateDevice(driver, 0x20000, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other) == STATUS_INSUFFICIENT_RESOURCES);
  CHECK(IoCreateDevice(driver, 0, &nowhere, FILE_DEVICE_UNKNOWN, 0, FALSE, &other) == STATUS_OBJECT_PATH_NOT_FOUND);
  CHECK(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &other) == STATUS_OBJECT_NAME_COLLISION);
  CHECK(ImportedIoCreateDeviceSecure(driver, 8, &secure, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE, &descriptor, NULL, &other) == STATUS_SUCCESS);
  CHECK(other->DeviceExtension && (other->Flags & DO_EXCLUSIVE) && (other->Characteristics & FILE_DEVICE_SECURE_OPEN));
  CHECK(ImportedIoCreateUnprotectedSymbolicLink(&link, &secure) == STATUS_SUCCESS && IoDeleteSymbolicLink(&link) == STATUS_SUCCESS);
  IoDeleteDevice(other);
  CHECK(ImportedWdmlibIoCreateDeviceSecure(driver, 0, &secure, FILE_DEVICE_UNKNOWN, 0, FALSE, &descriptor, NULL, &other) == STATUS_SUCCESS);
  IoDeleteDevice(other);
  Close();
  return 0;
}

/* --- locked pages --- */

static ULONG LockedPages(void) {
  ULONG raised = 0;
  UCHAR *block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG);
  CHECK(block && MmIsAddressValid(block) && !MmIsAddressValid((PVOID)0x10));
  block[PAGE_SIZE] = 7;
  PMDL mdl = IoAllocateMdl(block + 100, PAGE_SIZE, FALSE, FALSE, NULL);
  CHECK(mdl && MmGetMdlByteOffset(mdl) == (((ULONG_PTR)block + 100) & (PAGE_SIZE - 1)) && MmGetMdlVirtualAddress(mdl) == block + 100);
  CHECK(ImportedMmSizeOfMdl(block + 100, PAGE_SIZE) == sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
  CHECK(mdl->MdlFlags & MDL_PAGES_LOCKED);
  UCHAR *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
  CHECK(mapped && (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) && mapped[PAGE_SIZE - 100] == 7);
  CHECK(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == mapped);
  MmUnmapLockedPages(mapped, mdl);
  CHECK(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  mapped = ImportedMmMapLockedPages(mdl, KernelMode);
  CHECK(mapped && mapped[PAGE_SIZE - 100] == 7);
  MmUnlockPages(mdl);
  CHECK(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)));
  IoFreeMdl(mdl);
  ExFreePoolWithTag(block, TAG);
  mdl = IoAllocateMdl((PVOID)0xFFFFFFFFFFFF0000, 16, FALSE, FALSE, NULL);
  CHECK(mdl);
  __try {
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised = GetExceptionCode();
  }
  CHECK(raised == STATUS_ACCESS_VIOLATION && !(mdl->MdlFlags & MDL_PAGES_LOCKED));
  IoFreeMdl(mdl);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Controls, Forwarding, OwnRequests, Asynchronous, Cancelling, Requestors, Stacks, LockedPages};

#include "checks.h"
