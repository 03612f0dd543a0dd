/* A minifilter for the mechanisms of the filter manager: it hides files from listings, lets a worker decide about creates, counts paging
   I/O and section synchronization, and keeps contexts on streams and its instance. */
#include <fltKernel.h>

#define TAG 'fltF'

typedef struct {
  LONG Writes;
} STREAM_CONTEXT;

static PFLT_FILTER g_filter;
static LONG volatile g_pagingReads, g_pagingWrites, g_sections, g_cleaned, g_setups, g_teardowns;

/* Entries of hidden names are taken out of the list by making the entry in front of them skip them. */
static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterDirectory(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  if (!NT_SUCCESS(data->IoStatus.Status) || data->Iopb->MinorFunction != IRP_MN_QUERY_DIRECTORY ||
      data->Iopb->Parameters.QueryDirectory.FileInformationClass != FileBothDirectoryInformation)
    return FLT_POSTOP_FINISHED_PROCESSING;
  UNICODE_STRING pattern = RTL_CONSTANT_STRING(L"HIDDEN*");
  PFILE_BOTH_DIR_INFORMATION previous = NULL, entry = data->Iopb->Parameters.QueryDirectory.DirectoryBuffer;
  for (;;) {
    UNICODE_STRING name = {(USHORT)entry->FileNameLength, (USHORT)entry->FileNameLength, entry->FileName};
    ULONG next = entry->NextEntryOffset;
    if (previous && FsRtlIsNameInExpression(&pattern, &name, TRUE, NULL))
      previous->NextEntryOffset = next ? previous->NextEntryOffset + next : 0;
    else
      previous = entry;
    if (!next)
      return FLT_POSTOP_FINISHED_PROCESSING;
    entry = (PFILE_BOTH_DIR_INFORMATION)((PUCHAR)entry + next);
  }
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeDirectory(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

/* A worker decides about files that are asked about. */
static VOID FLTAPI Decide(PFLT_GENERIC_WORKITEM item, PVOID object, PVOID context) {
  UNREFERENCED_PARAMETER(object);
  PFLT_CALLBACK_DATA data = context;
  UNICODE_STRING denied = RTL_CONSTANT_STRING(L"*\\DENIED.TXT");
  LARGE_INTEGER moment = {.QuadPart = -10000};
  FltFreeGenericWorkItem(item);
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  if (FsRtlIsNameInExpression(&denied, &data->Iopb->TargetFileObject->FileName, TRUE, NULL)) {
    data->IoStatus.Status = STATUS_ACCESS_DENIED;
    FltCompletePendedPreOperation(data, FLT_PREOP_COMPLETE, NULL);
  } else {
    FltCompletePendedPreOperation(data, FLT_PREOP_SUCCESS_NO_CALLBACK, NULL);
  }
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  UNICODE_STRING asked = RTL_CONSTANT_STRING(L"\\ASKED\\*");
  if (!FsRtlIsNameInExpression(&asked, &objects->FileObject->FileName, TRUE, NULL))
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
  if (!item || !NT_SUCCESS(FltQueueGenericWorkItem(item, g_filter, Decide, DelayedWorkQueue, data))) {
    data->IoStatus.Status = STATUS_INSUFFICIENT_RESOURCES;
    return FLT_PREOP_COMPLETE;
  }
  return FLT_PREOP_PENDING;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeRead(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  if (data->Iopb->IrpFlags & IRP_PAGING_IO)
    InterlockedIncrement(&g_pagingReads);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeWrite(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  STREAM_CONTEXT *stream, *old;
  if (data->Iopb->IrpFlags & IRP_PAGING_IO)
    InterlockedIncrement(&g_pagingWrites);
  if (!NT_SUCCESS(FltGetStreamContext(objects->Instance, objects->FileObject, (PFLT_CONTEXT *)&stream))) {
    if (!NT_SUCCESS(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, sizeof(*stream), PagedPool, (PFLT_CONTEXT *)&stream)))
      return FLT_PREOP_SUCCESS_NO_CALLBACK;
    stream->Writes = 0;
    if (FltSetStreamContext(objects->Instance, objects->FileObject, FLT_SET_CONTEXT_KEEP_IF_EXISTS, stream, (PFLT_CONTEXT *)&old) == STATUS_FLT_CONTEXT_ALREADY_DEFINED) {
      FltReleaseContext(stream);
      stream = old;
    }
  }
  DbgPrint("fsfilter: write %d to %wZ\n", InterlockedIncrement(&stream->Writes), &objects->FileObject->FileName);
  FltReleaseContext(stream);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeSection(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  InterlockedIncrement(&g_sections);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static VOID FLTAPI CleanStream(PFLT_CONTEXT context, FLT_CONTEXT_TYPE type) {
  UNREFERENCED_PARAMETER(context);
  if (type == FLT_STREAM_CONTEXT)
    InterlockedIncrement(&g_cleaned);
}

static NTSTATUS FLTAPI Setup(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags, DEVICE_TYPE device, FLT_FILESYSTEM_TYPE fileSystem) {
  UNREFERENCED_PARAMETER(flags);
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(fileSystem);
  PVOID context;
  NTSTATUS status = FltAllocateContext(objects->Filter, FLT_INSTANCE_CONTEXT, 16, NonPagedPoolNx, &context);
  if (NT_SUCCESS(status)) {
    status = FltSetInstanceContext(objects->Instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL);
    FltReleaseContext(context);
  }
  g_setups++;
  return status;
}

static VOID FLTAPI Teardown(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_TEARDOWN_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(flags);
  g_teardowns++;
}

static NTSTATUS FLTAPI Unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  DbgPrint("fsfilter: %d paging reads, %d paging writes, %d sections, %d contexts cleaned, %d set up, %d torn down\n", g_pagingReads, g_pagingWrites, g_sections,
           g_cleaned, g_setups, g_teardowns);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION g_operations[] = {
    {IRP_MJ_CREATE, 0, BeforeCreate, NULL, NULL},
    {IRP_MJ_READ, 0, BeforeRead, NULL, NULL},
    {IRP_MJ_WRITE, 0, BeforeWrite, NULL, NULL},
    {IRP_MJ_DIRECTORY_CONTROL, 0, BeforeDirectory, AfterDirectory, NULL},
    {IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION, 0, BeforeSection, NULL, NULL},
    {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL},
};

static const FLT_CONTEXT_REGISTRATION g_contexts[] = {
    {FLT_STREAM_CONTEXT, 0, CleanStream, sizeof(STREAM_CONTEXT), TAG, NULL, NULL, NULL},
    {FLT_INSTANCE_CONTEXT, 0, CleanStream, FLT_VARIABLE_SIZED_CONTEXTS, TAG, NULL, NULL, NULL},
    {FLT_CONTEXT_END, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .ContextRegistration = g_contexts,
    .OperationRegistration = g_operations,
    .FilterUnloadCallback = Unload,
    .InstanceSetupCallback = Setup,
    .InstanceTeardownStartCallback = Teardown,
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  NTSTATUS status = FltRegisterFilter(driver, &g_registration, &g_filter);
  if (!NT_SUCCESS(status))
    return status;
  status = FltStartFiltering(g_filter);
  if (!NT_SUCCESS(status))
    FltUnregisterFilter(g_filter);
  return status;
}
