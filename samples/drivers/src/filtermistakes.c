/* Mistakes of minifilters by number: a write to \mistakes\N commits the N-th of them, and what it leaves behind shows at unload. */
#include <fltKernel.h>

#define TAG 'tsiF'

static PFLT_FILTER g_filter;
static PFLT_PORT g_server, g_client;

/* The number at the end of a file's name; -1 for files elsewhere. */
static int MistakeOf(PCUNICODE_STRING name) {
  UNICODE_STRING directory = RTL_CONSTANT_STRING(L"\\mistakes\\");
  int number = 0;
  if (!RtlPrefixUnicodeString(&directory, name, TRUE))
    return -1;
  for (USHORT i = directory.Length / sizeof(WCHAR); i < name->Length / sizeof(WCHAR); i++)
    number = number * 10 + (name->Buffer[i] - L'0');
  return number;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(context);
  return MistakeOf(&objects->FileObject->FileName) == 6 ? FLT_PREOP_SUCCESS_WITH_CALLBACK : FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(flags);
  /* 6: a create that has succeeded is made to fail, and the file stays open below */
  data->IoStatus.Status = STATUS_ACCESS_DENIED;
  data->IoStatus.Information = 0;
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeWrite(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *completion) {
  UNREFERENCED_PARAMETER(completion);
  PVOID context;
  switch (MistakeOf(&objects->FileObject->FileName)) {
  case 0: /* parameters are changed, and the filter manager is not told */
    data->Iopb->Parameters.Write.Length = 1;
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  case 1: /* a post-operation is asked for that is not registered */
    return FLT_PREOP_SUCCESS_WITH_CALLBACK;
  case 2: /* an answer for fast I/O */
    return FLT_PREOP_DISALLOW_FASTIO;
  case 3: /* a reference to the instance is not given back */
    FltObjectReference(objects->Instance);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  case 4: /* a reference to a context is not given back */
    if (NT_SUCCESS(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 16, PagedPool, &context)))
      FltSetStreamContext(objects->Instance, objects->FileObject, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  case 5: /* a reference to a context is given back twice */
    if (NT_SUCCESS(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 16, PagedPool, &context))) {
      FltReleaseContext(context);
      FltReleaseContext(context);
    }
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  case 7: /* memory of a context is touched that is freed */
    if (NT_SUCCESS(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 16, PagedPool, &context))) {
      FltReleaseContext(context);
      *(volatile UCHAR *)context = 1;
    }
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  case 8: /* an information class that the lab does not have */
    FltQueryInformationFile(objects->Instance, objects->FileObject, &context, sizeof(context), (FILE_INFORMATION_CLASS)54, NULL);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  default:
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeRead(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(data);
  *context = (PVOID)(LONG_PTR)MistakeOf(&objects->FileObject->FileName);
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

static FLT_POSTOP_CALLBACK_STATUS FLTAPI AfterRead(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  PFLT_FILE_NAME_INFORMATION name;
  switch ((LONG_PTR)context) {
  case 9: /* the user's buffer is read where another process may be current */
    if (data->IoStatus.Information != 0)
      __try {
        DbgPrint("filtermistakes: %u\n", *(volatile UCHAR *)data->Iopb->Parameters.Read.ReadBuffer);
      } __except (EXCEPTION_EXECUTE_HANDLER) {
      }
    break;
  case 10: /* a name is asked for at DISPATCH_LEVEL */
    FltGetFileNameInformation(data, FLT_FILE_NAME_NORMALIZED, &name);
    break;
  case 12: /* the name in the file object is paged */
    DbgPrint("filtermistakes: %u\n", *(volatile USHORT *)objects->FileObject->FileName.Buffer);
    break;
  }
  return FLT_POSTOP_FINISHED_PROCESSING;
}

static FLT_PREOP_CALLBACK_STATUS FLTAPI BeforeCleanup(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(context);
  if (MistakeOf(&objects->FileObject->FileName) != 11)
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  /* 11: the closing of a file is refused */
  data->IoStatus.Status = STATUS_ACCESS_DENIED;
  return FLT_PREOP_COMPLETE;
}

static NTSTATUS FLTAPI OnConnect(PFLT_PORT client, PVOID cookie, PVOID context, ULONG size, PVOID *connection) {
  UNREFERENCED_PARAMETER(cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(size);
  *connection = NULL;
  g_client = client;
  return STATUS_SUCCESS;
}

/* The client's port is not closed. */
static VOID FLTAPI OnDisconnect(PVOID connection) { UNREFERENCED_PARAMETER(connection); }

static NTSTATUS FLTAPI Unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(g_server);
  FltUnregisterFilter(g_filter);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION g_operations[] = {
    {IRP_MJ_CREATE, 0, BeforeCreate, AfterCreate, NULL},
    {IRP_MJ_READ, 0, BeforeRead, AfterRead, NULL},
    {IRP_MJ_WRITE, 0, BeforeWrite, NULL, NULL},
    {IRP_MJ_CLEANUP, 0, BeforeCleanup, NULL, NULL},
    {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL},
};

static const FLT_CONTEXT_REGISTRATION g_contexts[] = {
    {FLT_STREAM_CONTEXT, 0, NULL, 16, TAG, NULL, NULL, NULL},
    {FLT_CONTEXT_END, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    sizeof(FLT_REGISTRATION), FLT_REGISTRATION_VERSION, 0, g_contexts, g_operations, Unload,
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\MistakesPort");
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
