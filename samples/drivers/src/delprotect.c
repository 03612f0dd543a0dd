/* The delete protector: files and directories below \keep of any volume cannot be deleted or moved away. */
#include <fltKernel.h>

static PFLT_FILTER g_filter;

static BOOLEAN IsProtected(PFLT_CALLBACK_DATA data) {
  UNICODE_STRING directory = RTL_CONSTANT_STRING(L"\\keep\\");
  PFLT_FILE_NAME_INFORMATION name;
  BOOLEAN found = FALSE;
  if (!NT_SUCCESS(FltGetFileNameInformation(data, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &name)))
    return FALSE;
  if (NT_SUCCESS(FltParseFileNameInformation(name)))
    found = RtlPrefixUnicodeString(&directory, &name->ParentDir, TRUE);
  if (found)
    DbgPrint("delprotect: %s of %wZ by process %u is not allowed\n", FltGetIrpName(data->Iopb->MajorFunction), &name->Name, FltGetRequestorProcessId(data));
  FltReleaseFileNameInformation(name);
  return found;
}

static FLT_PREOP_CALLBACK_STATUS Deny(PFLT_CALLBACK_DATA data) {
  if (data->RequestorMode == KernelMode || !IsProtected(data))
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  data->IoStatus.Status = STATUS_ACCESS_DENIED;
  data->IoStatus.Information = 0;
  return FLT_PREOP_COMPLETE;
}

static FLT_PREOP_CALLBACK_STATUS OnCreate(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  return data->Iopb->Parameters.Create.Options & FILE_DELETE_ON_CLOSE ? Deny(data) : FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static FLT_PREOP_CALLBACK_STATUS OnSetInformation(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID *context) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(context);
  PVOID buffer = data->Iopb->Parameters.SetFileInformation.InfoBuffer;
  switch ((int)data->Iopb->Parameters.SetFileInformation.FileInformationClass) {
  case FileDispositionInformation:
    return ((PFILE_DISPOSITION_INFORMATION)buffer)->DeleteFile ? Deny(data) : FLT_PREOP_SUCCESS_NO_CALLBACK;
  case FileDispositionInformationEx:
    return ((PFILE_DISPOSITION_INFORMATION_EX)buffer)->Flags & FILE_DISPOSITION_DELETE ? Deny(data) : FLT_PREOP_SUCCESS_NO_CALLBACK;
  case FileRenameInformation:
  case FileRenameInformationEx:
    return Deny(data);
  }
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static NTSTATUS Unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  return STATUS_SUCCESS;
}

static NTSTATUS Setup(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags, DEVICE_TYPE device, FLT_FILESYSTEM_TYPE fileSystem) {
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(flags);
  UNREFERENCED_PARAMETER(fileSystem);
  return device == FILE_DEVICE_DISK_FILE_SYSTEM ? STATUS_SUCCESS : STATUS_FLT_DO_NOT_ATTACH;
}

static const FLT_OPERATION_REGISTRATION g_operations[] = {
    {IRP_MJ_CREATE, 0, OnCreate, NULL, NULL},
    {IRP_MJ_SET_INFORMATION, 0, OnSetInformation, NULL, NULL},
    {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    sizeof(FLT_REGISTRATION), FLT_REGISTRATION_VERSION, 0, NULL, g_operations, Unload, Setup,
};

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  NTSTATUS status = FltRegisterFilter(driver, &g_registration, &g_filter);
  if (!NT_SUCCESS(status))
    return status;
  status = FltStartFiltering(g_filter);
  if (!NT_SUCCESS(status))
    FltUnregisterFilter(g_filter);
  return status;
}
