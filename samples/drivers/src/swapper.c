/* A minifilter that stands between users and their files below \filtered: it swaps buffers, opens other files than were asked for, answers
   for files that are not there, and refuses some that are. Its one group answers whether what its callbacks saw was as it should be. */
#include <fltKernel.h>

#define TAG 'pawS'
#define DEVICE L"Swapper"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;
static PFLT_FILTER g_filter;
static LONG volatile g_wrong, g_pagingWrites, g_safe, g_completed;
static ULONG g_teardown;

#define EXPECT(condition) do { if (!(condition) && !g_wrong) g_wrong = __LINE__; } while (0)

static ULONG Seen(void) {
  CHECK(g_pagingWrites == 0);
  return g_wrong;
}

static ULONG (*const g_groups[])(void) = {Seen};

static NTSTATUS Start(PDRIVER_OBJECT driver);
#define START Start
#include "checks.h"

static BOOLEAN Is(PFILE_OBJECT file, PCWSTR path) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  return RtlEqualUnicodeString(&file->FileName, &name, TRUE);
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  static const WCHAR target[] = L"\\Device\\HarddiskVolume1\\filtered\\target.txt";
  EXPECT(objects->FileObject->FsContext == NULL);
  if (Is(objects->FileObject, L"\\filtered\\redirected.txt")) {
    EXPECT(NT_SUCCESS(IoReplaceFileObjectName(objects->FileObject, (PWSTR)target, sizeof(target) - sizeof(WCHAR))));
    data->IoStatus.Status = STATUS_REPARSE;
    data->IoStatus.Information = IO_REPARSE;
    return FLT_PREOP_COMPLETE;
  }
  if (Is(objects->FileObject, L"\\filtered\\virtual.txt")) {
    data->IoStatus.Status = STATUS_SUCCESS;
    data->IoStatus.Information = FILE_OPENED;
    return FLT_PREOP_COMPLETE;
  }
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  if (!NT_SUCCESS(data->IoStatus.Status))
    return FLT_POSTOP_FINISHED_PROCESSING;
  EXPECT(objects->FileObject->FsContext != NULL);
  if (Is(objects->FileObject, L"\\filtered\\refused.txt")) {
    FltCancelFileOpen(objects->Instance, objects->FileObject);
    EXPECT(objects->FileObject->Flags & FO_FILE_OPEN_CANCELLED);
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    data->IoStatus.Information = 0;
  }
  return FLT_POSTOP_FINISHED_PROCESSING;
}

typedef struct {
  PUCHAR Buffer;
  PVOID Original;
} SWAPPED;

/* What is written to upper.txt goes through a buffer of the driver's, in upper case. */
static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeWrite(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  ULONG length = data->Iopb->Parameters.Write.Length;
  if (data->Iopb->IrpFlags & IRP_PAGING_IO)
    InterlockedIncrement(&g_pagingWrites);
  if (!Is(objects->FileObject, L"\\filtered\\upper.txt") || length == 0)
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  EXPECT(data->RequestorMode == UserMode && data->Iopb->Parameters.Write.MdlAddress == NULL);
  EXPECT((ULONG_PTR)data->Iopb->Parameters.Write.WriteBuffer <= (ULONG_PTR)MmHighestUserAddress);
  EXPECT(FltGetRequestorProcess(data) == PsGetCurrentProcess() && FltGetRequestorProcessId(data) == HandleToULong(PsGetCurrentProcessId()));
  SWAPPED *swapped = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*swapped), TAG);
  PUCHAR buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, length, TAG);
  PMDL mdl = buffer ? IoAllocateMdl(buffer, length, FALSE, FALSE, NULL) : NULL;
  if (!swapped || !mdl)
    goto failed;
  MmBuildMdlForNonPagedPool(mdl);
  __try {
    for (ULONG i = 0; i < length; i++) {
      UCHAR c = ((volatile UCHAR *)data->Iopb->Parameters.Write.WriteBuffer)[i];
      buffer[i] = c >= 'a' && c <= 'z' ? (UCHAR)(c - 32) : c;
    }
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    IoFreeMdl(mdl);
    goto failed;
  }
  swapped->Buffer = buffer;
  swapped->Original = data->Iopb->Parameters.Write.WriteBuffer;
  data->Iopb->Parameters.Write.WriteBuffer = buffer;
  data->Iopb->Parameters.Write.MdlAddress = mdl;
  FltSetCallbackDataDirty(data);
  EXPECT(FltIsCallbackDataDirty(data));
  FltClearCallbackDataDirty(data);
  EXPECT(!FltIsCallbackDataDirty(data));
  FltSetCallbackDataDirty(data);
  *context = swapped;
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
failed:
  if (buffer)
    ExFreePoolWithTag(buffer, TAG);
  if (swapped)
    ExFreePoolWithTag(swapped, TAG);
  data->IoStatus.Status = STATUS_INSUFFICIENT_RESOURCES;
  return FLT_PREOP_COMPLETE;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterWrite(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(flags);
  SWAPPED *swapped = context;
  EXPECT(data->Iopb->Parameters.Write.WriteBuffer == swapped->Original && data->Iopb->Parameters.Write.MdlAddress == NULL);
  ExFreePoolWithTag(swapped->Buffer, TAG);
  ExFreePoolWithTag(swapped, TAG);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeRead(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  if (Is(objects->FileObject, L"\\filtered\\virtual.txt")) {
    data->IoStatus.Status = STATUS_END_OF_FILE;
    data->IoStatus.Information = 0;
    if (NT_SUCCESS(FltLockUserBuffer(data)) && data->Iopb->Parameters.Read.ByteOffset.QuadPart == 0 && data->Iopb->Parameters.Read.Length >= 7) {
      PVOID buffer = MmGetSystemAddressForMdlSafe(data->Iopb->Parameters.Read.MdlAddress, NormalPagePriority);
      data->IoStatus.Status = buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
      if (buffer) {
        RtlCopyMemory(buffer, "virtual", 7);
        data->IoStatus.Information = 7;
      }
    }
    return FLT_PREOP_COMPLETE;
  }
  return Is(objects->FileObject, L"\\filtered\\upper.txt") ? FLT_PREOP_SUCCESS_WITH_CALLBACK : FLT_PREOP_SUCCESS_NO_CALLBACK;
}

/* What is read from upper.txt is seen in lower case. This runs where the user's buffer can be locked. */
static FLT_POSTOP_CALLBACK_STATUS FLTAPI Lower(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  EXPECT(KeGetCurrentIrql() == PASSIVE_LEVEL && Is(objects->FileObject, L"\\filtered\\upper.txt"));
  InterlockedIncrement(&g_safe);
  if (!NT_SUCCESS(FltLockUserBuffer(data)))
    return FLT_POSTOP_FINISHED_PROCESSING;
  PUCHAR buffer = MmGetSystemAddressForMdlSafe(data->Iopb->Parameters.Read.MdlAddress, NormalPagePriority);
  for (ULONG i = 0; buffer && i < data->IoStatus.Information; i++)
    buffer[i] = buffer[i] >= 'A' && buffer[i] <= 'Z' ? (UCHAR)(buffer[i] + 32) : buffer[i];
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterRead(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  FLT_POSTOP_CALLBACK_STATUS status;
  if (!NT_SUCCESS(data->IoStatus.Status) || data->IoStatus.Information == 0)
    return FLT_POSTOP_FINISHED_PROCESSING;
  if (!FltDoCompletionProcessingWhenSafe(data, objects, context, flags, Lower, &status)) {
    data->IoStatus.Status = STATUS_UNSUCCESSFUL;
    data->IoStatus.Information = 0;
  }
  return status;
}

/* A worker ends flushes. */
static VOID FLTAPI EndFlush(PFLT_GENERIC_WORKITEM item, PVOID object, PVOID context) {
  UNREFERENCED_PARAMETER(object);
  FltFreeGenericWorkItem(item);
  InterlockedIncrement(&g_completed);
  FltCompletePendedPostOperation(context);
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterFlush(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
  if (!item)
    return FLT_POSTOP_FINISHED_PROCESSING;
  if (!NT_SUCCESS(FltQueueGenericWorkItem(item, objects->Instance, EndFlush, DelayedWorkQueue, data))) {
    FltFreeGenericWorkItem(item);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }
  return FLT_POSTOP_MORE_PROCESSING_REQUIRED;
}

static VOID FLTAPI Teardown(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_TEARDOWN_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  g_teardown = flags;
}

static NTSTATUS FLTAPI UnloadFilter(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  DbgPrint("swapper: torn down with %u, %u safe completions, %u flushes\n", g_teardown, g_safe, g_completed);
  Unload(g_device->DriverObject);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION g_operations[] = {
    {IRP_MJ_CREATE, 0, BeforeCreate, AfterCreate, NULL},
    {IRP_MJ_READ, 0, BeforeRead, AfterRead, NULL},
    {IRP_MJ_WRITE, FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO, BeforeWrite, AfterWrite, NULL},
    {IRP_MJ_FLUSH_BUFFERS, 0, NULL, AfterFlush, NULL},
    {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .OperationRegistration = g_operations,
    .FilterUnloadCallback = UnloadFilter,
    .InstanceTeardownStartCallback = Teardown,
};

static NTSTATUS Start(PDRIVER_OBJECT driver) {
  NTSTATUS status = FltRegisterFilter(driver, &g_registration, &g_filter);
  if (!NT_SUCCESS(status))
    return status;
  status = FltStartFiltering(g_filter);
  if (!NT_SUCCESS(status))
    FltUnregisterFilter(g_filter);
  return status;
}
