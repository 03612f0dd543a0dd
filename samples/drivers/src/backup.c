/* Backup before delete: copies a file below \data into its stream "backup" when it is first opened for writing or deleting, and tells
   a client. A file that is deleted is copied to \backup first, since its streams go with it. */
#include <fltKernel.h>

#define TAG 'pkcB'
#define CHUNK 4096

typedef struct {
  BOOLEAN Done;
} HANDLE_CONTEXT;

static PFLT_FILTER g_filter;
static PFLT_PORT g_server, g_client;

static void Tell(PCUNICODE_STRING name) {
  LARGE_INTEGER timeout = {.QuadPart = -10 * 1000 * 1000};
  if (g_client)
    FltSendMessage(g_filter, &g_client, name->Buffer, name->Length, NULL, NULL, &timeout);
}

static NTSTATUS Copy(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING target) {
  HANDLE handle;
  PFILE_OBJECT file;
  IO_STATUS_BLOCK block;
  OBJECT_ATTRIBUTES attributes;
  PUCHAR buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, CHUNK, TAG);
  if (!buffer)
    return STATUS_INSUFFICIENT_RESOURCES;
  InitializeObjectAttributes(&attributes, target, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  NTSTATUS status = FltCreateFileEx(objects->Filter, objects->Instance, &handle, &file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL,
                                    FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, 0);
  if (NT_SUCCESS(status)) {
    LARGE_INTEGER offset = {.QuadPart = 0};
    ULONG count;
    for (;;) {
      status = FltReadFile(objects->Instance, objects->FileObject, &offset, CHUNK, buffer, FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET, &count, NULL, NULL);
      if (!NT_SUCCESS(status) || count == 0)
        break;
      status = FltWriteFile(objects->Instance, file, &offset, count, buffer, FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET, &count, NULL, NULL);
      if (!NT_SUCCESS(status))
        break;
      offset.QuadPart += count;
    }
    if (status == STATUS_END_OF_FILE)
      status = STATUS_SUCCESS;
    ObDereferenceObject(file);
    FltClose(handle);
  }
  ExFreePoolWithTag(buffer, TAG);
  return status;
}

static NTSTATUS Backup(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, BOOLEAN aside) {
  UNICODE_STRING directory = RTL_CONSTANT_STRING(L"\\data\\"), stream = RTL_CONSTANT_STRING(L":backup"), folder = RTL_CONSTANT_STRING(L"\\backup\\");
  PFLT_FILE_NAME_INFORMATION name;
  UNICODE_STRING target = {0};
  NTSTATUS status = FltGetFileNameInformation(data, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &name);
  if (!NT_SUCCESS(status))
    return status;
  status = FltParseFileNameInformation(name);
  if (NT_SUCCESS(status) && RtlPrefixUnicodeString(&directory, &name->ParentDir, TRUE) && name->Stream.Length == 0) {
    target.MaximumLength = name->Name.Length + folder.Length + stream.Length;
    target.Buffer = ExAllocatePool2(POOL_FLAG_PAGED, target.MaximumLength, TAG);
    if (target.Buffer) {
      if (aside) {
        RtlCopyUnicodeString(&target, &name->Volume);
        RtlAppendUnicodeStringToString(&target, &folder);
        RtlAppendUnicodeStringToString(&target, &name->FinalComponent);
      } else {
        RtlCopyUnicodeString(&target, &name->Name);
        RtlAppendUnicodeStringToString(&target, &stream);
      }
      status = Copy(objects, &target);
      if (NT_SUCCESS(status))
        Tell(&name->Name);
      ExFreePoolWithTag(target.Buffer, TAG);
    } else
      status = STATUS_INSUFFICIENT_RESOURCES;
  }
  FltReleaseFileNameInformation(name);
  return status;
}

static FLT_POSTOP_CALLBACK_STATUS OnCreated(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  BOOLEAN isDirectory = FALSE;
  HANDLE_CONTEXT *handle;
  if (!NT_SUCCESS(data->IoStatus.Status) || data->IoStatus.Information == FILE_DOES_NOT_EXIST || data->RequestorMode == KernelMode)
    return FLT_POSTOP_FINISHED_PROCESSING;
  if (!NT_SUCCESS(FltIsDirectory(objects->FileObject, objects->Instance, &isDirectory)) || isDirectory)
    return FLT_POSTOP_FINISHED_PROCESSING;
  if (!NT_SUCCESS(FltAllocateContext(objects->Filter, FLT_STREAMHANDLE_CONTEXT, sizeof(*handle), PagedPool, (PFLT_CONTEXT *)&handle)))
    return FLT_POSTOP_FINISHED_PROCESSING;
  handle->Done = FALSE;
  FltSetStreamHandleContext(objects->Instance, objects->FileObject, FLT_SET_CONTEXT_KEEP_IF_EXISTS, handle, NULL);
  FltReleaseContext(handle);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_PREOP_CALLBACK_STATUS Once(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, BOOLEAN aside) {
  HANDLE_CONTEXT *handle;
  if (data->RequestorMode == KernelMode || !NT_SUCCESS(FltGetStreamHandleContext(objects->Instance, objects->FileObject, (PFLT_CONTEXT *)&handle)))
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  if (!handle->Done) {
    handle->Done = TRUE;
    NTSTATUS status = Backup(data, objects, aside);
    if (!NT_SUCCESS(status))
      DbgPrint("backup: failed with 0x%08X\n", status);
  }
  FltReleaseContext(handle);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static FLT_PREOP_CALLBACK_STATUS OnWrite(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  return Once(data, objects, FALSE);
}

static FLT_PREOP_CALLBACK_STATUS OnSetInformation(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  PVOID buffer = data->Iopb->Parameters.SetFileInformation.InfoBuffer;
  int kind = (int)data->Iopb->Parameters.SetFileInformation.FileInformationClass;
  if ((kind == FileDispositionInformation && ((PFILE_DISPOSITION_INFORMATION)buffer)->DeleteFile) ||
      (kind == FileDispositionInformationEx && (((PFILE_DISPOSITION_INFORMATION_EX)buffer)->Flags & FILE_DISPOSITION_DELETE)))
    return Once(data, objects, TRUE);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static NTSTATUS OnConnect(PFLT_PORT client, PVOID cookie, PVOID context, ULONG size, PVOID *connection) {
  UNREFERENCED_PARAMETER(cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(size);
  *connection = NULL;
  g_client = client;
  return STATUS_SUCCESS;
}

static void OnDisconnect(PVOID connection) {
  UNREFERENCED_PARAMETER(connection);
  FltCloseClientPort(g_filter, &g_client);
}

static NTSTATUS Unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(g_server);
  FltUnregisterFilter(g_filter);
  return STATUS_SUCCESS;
}

static const FLT_CONTEXT_REGISTRATION g_contexts[] = {
    {FLT_STREAMHANDLE_CONTEXT, 0, NULL, sizeof(HANDLE_CONTEXT), TAG, NULL, NULL, NULL},
    {FLT_CONTEXT_END, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const FLT_OPERATION_REGISTRATION g_operations[] = {
    {IRP_MJ_CREATE, 0, NULL, OnCreated, NULL},
    {IRP_MJ_WRITE, 0, OnWrite, NULL, NULL},
    {IRP_MJ_SET_INFORMATION, 0, OnSetInformation, NULL, NULL},
    {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    sizeof(FLT_REGISTRATION), FLT_REGISTRATION_VERSION, 0, g_contexts, g_operations, Unload,
};

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BackupPort");
  OBJECT_ATTRIBUTES attributes;
  PSECURITY_DESCRIPTOR descriptor;
  NTSTATUS status = FltRegisterFilter(driver, &g_registration, &g_filter);
  if (!NT_SUCCESS(status))
    return status;
  status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (NT_SUCCESS(status)) {
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
    status = FltCreateCommunicationPort(g_filter, &g_server, &attributes, NULL, OnConnect, OnDisconnect, NULL, 1);
    FltFreeSecurityDescriptor(descriptor);
  }
  if (NT_SUCCESS(status)) {
    status = FltStartFiltering(g_filter);
    if (!NT_SUCCESS(status))
      FltCloseCommunicationPort(g_server);
  }
  if (!NT_SUCCESS(status))
    FltUnregisterFilter(g_filter);
  return status;
}
