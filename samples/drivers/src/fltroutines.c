/* Calls the routines of the filter manager and checks what they do: files below the minifilter, contexts, names, objects. */
#include <fltKernel.h>
#include "files.h"

#define TAG 'rtlF'
#define DEVICE L"FltRoutines"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;
static PFLT_FILTER g_filter;
static PFLT_INSTANCE g_instance;
static PFLT_VOLUME g_volume;
static LONG volatile g_cleaned;

static VOID FLTAPI OnTransferred(PFLT_CALLBACK_DATA data, PVOID context) {
  if (NT_SUCCESS(data->IoStatus.Status) && data->IoStatus.Information == 5)
    KeSetEvent((PKEVENT)context, IO_NO_INCREMENT, FALSE);
}

static ULONG Below(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\below\\x.txt"), folder = RTL_CONSTANT_STRING(L"\\??\\C:\\below");
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK block;
  HANDLE handle, directory;
  PFILE_OBJECT file, opened;
  LARGE_INTEGER start = {.QuadPart = 0};
  INFORMATION information;
  BOOLEAN isDirectory;
  KEVENT event;
  ULONG count;
  UCHAR *data = ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, TAG);
  CHECK(data);
  RtlCopyMemory(data, "hello", 5);
  InitializeObjectAttributes(&attributes, &folder, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(FltCreateFileEx2(g_filter, g_instance, &directory, &opened, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OPEN_IF,
                         FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, 0, NULL) == STATUS_SUCCESS);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(FltCreateFile(g_filter, g_instance, &handle, GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE,
                      FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, 0) == STATUS_SUCCESS && block.Information == FILE_CREATED);
  CHECK(FltClose(handle) == STATUS_SUCCESS);
  CHECK(FltCreateFileEx(g_filter, g_instance, &handle, &file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OPEN,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, 0) == STATUS_SUCCESS);
  CHECK(FltWriteFile(g_instance, file, &start, 5, data, 0, &count, NULL, NULL) == STATUS_SUCCESS && count == 5);
  RtlZeroMemory(data, 16);
  CHECK(FltReadFile(g_instance, file, &start, 16, data, FLTFL_IO_OPERATION_DO_NOT_UPDATE_BYTE_OFFSET, &count, NULL, NULL) == STATUS_SUCCESS && count == 5 && data[4] == 'o');
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  CHECK(FltReadFile(g_instance, file, &start, 16, data, 0, NULL, OnTransferred, &event) == STATUS_PENDING);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(FltFlushBuffers(g_instance, file) == STATUS_SUCCESS);
  CHECK(FltQueryInformationFile(g_instance, file, &information, sizeof(information), FileStandardInformation, &count) == STATUS_SUCCESS);
  CHECK(information.Standard.EndOfFile.QuadPart == 5 && count == sizeof(information.Standard));
  information.Position.CurrentByteOffset.QuadPart = 2;
  CHECK(FltSetInformationFile(g_instance, file, &information, 8, FilePositionInformation) == STATUS_SUCCESS && file->CurrentByteOffset.QuadPart == 2);
  CHECK(FltReadFile(g_instance, file, NULL, 1, data, 0, &count, NULL, NULL) == STATUS_SUCCESS && data[0] == 'l' && file->CurrentByteOffset.QuadPart == 3);
  CHECK(FltIsDirectory(file, g_instance, &isDirectory) == STATUS_SUCCESS && !isDirectory);
  CHECK(FltIsDirectory(opened, g_instance, &isDirectory) == STATUS_SUCCESS && isDirectory);
  UNICODE_STRING pattern = RTL_CONSTANT_STRING(L"*.txt");
  CHECK(FltQueryDirectoryFile(g_instance, opened, &information, sizeof(information), FileBothDirectoryInformation, TRUE, &pattern, TRUE, &count) == STATUS_SUCCESS);
  CHECK(information.Entry.FileNameLength == 10 && information.Entry.FileName[0] == L'x');
  CHECK(FltQueryDirectoryFile(g_instance, opened, &information, sizeof(information), FileBothDirectoryInformation, TRUE, NULL, FALSE, &count) == STATUS_NO_MORE_FILES);
  information.Disposition.DeleteFile = TRUE;
  CHECK(FltSetInformationFile(g_instance, file, &information, 1, FileDispositionInformation) == STATUS_SUCCESS);
  ObDereferenceObject(file);
  CHECK(FltClose(handle) == STATUS_SUCCESS && !Exists(L"\\??\\C:\\below\\x.txt"));
  ObDereferenceObject(opened);
  CHECK(FltClose(directory) == STATUS_SUCCESS);
  ExFreePoolWithTag(data, TAG);
  return 0;
}

static VOID FLTAPI Clean(PFLT_CONTEXT context, FLT_CONTEXT_TYPE type) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(type);
  InterlockedIncrement(&g_cleaned);
}

static ULONG Contexts(void) {
  HANDLE first, second, stream;
  PFILE_OBJECT file, same, note;
  PFLT_CONTEXT context, found, old;
  CHECK(Make(L"\\??\\C:\\k.txt", &first) == STATUS_SUCCESS && Open(L"\\??\\C:\\k.txt", NULL, GENERIC_READ, FILE_OPEN, 0, &second) == STATUS_SUCCESS);
  CHECK(Make(L"\\??\\C:\\k.txt:note", &stream) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(first, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(second, 0, *IoFileObjectType, KernelMode, (PVOID *)&same, NULL) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(stream, 0, *IoFileObjectType, KernelMode, (PVOID *)&note, NULL) == STATUS_SUCCESS);
  g_cleaned = 0;
  CHECK(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 100, PagedPool, &context) != STATUS_SUCCESS);
  /* a stream's is seen through each file object of the stream, and not through other streams */
  CHECK(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 16, PagedPool, &context) == STATUS_SUCCESS);
  CHECK(FltSetFileContext(g_instance, file, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_INVALID_PARAMETER);
  CHECK(FltSetStreamContext(g_instance, file, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_SUCCESS);
  CHECK(FltSetStreamContext(g_instance, note, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_FLT_CONTEXT_ALREADY_LINKED);
  FltReferenceContext(context);
  FltReleaseContext(context);
  FltReleaseContext(context);
  CHECK(FltGetStreamContext(g_instance, same, &found) == STATUS_SUCCESS && found == context);
  FltReleaseContext(found);
  CHECK(FltGetStreamContext(g_instance, note, &found) == STATUS_NOT_FOUND);
  CHECK(FltAllocateContext(g_filter, FLT_STREAM_CONTEXT, 16, PagedPool, &context) == STATUS_SUCCESS);
  CHECK(FltSetStreamContext(g_instance, file, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, &old) == STATUS_FLT_CONTEXT_ALREADY_DEFINED && old && old != context);
  FltReleaseContext(old);
  CHECK(FltSetStreamContext(g_instance, file, FLT_SET_CONTEXT_REPLACE_IF_EXISTS, context, NULL) == STATUS_SUCCESS && g_cleaned == 1);
  FltReleaseContext(context);
  /* a file's through each of its streams */
  CHECK(FltAllocateContext(g_filter, FLT_FILE_CONTEXT, 16, PagedPool, &context) == STATUS_SUCCESS);
  CHECK(FltSetFileContext(g_instance, file, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_SUCCESS);
  FltReleaseContext(context);
  CHECK(FltGetFileContext(g_instance, note, &found) == STATUS_SUCCESS && found == context);
  FltDeleteContext(found);
  FltReleaseContext(found);
  CHECK(g_cleaned == 2 && FltGetFileContext(g_instance, note, &found) == STATUS_NOT_FOUND);
  /* an open file's through that one alone, until it is closed */
  CHECK(FltAllocateContext(g_filter, FLT_STREAMHANDLE_CONTEXT, 16, PagedPool, &context) == STATUS_SUCCESS);
  CHECK(FltSetStreamHandleContext(g_instance, same, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_SUCCESS);
  FltReleaseContext(context);
  CHECK(FltGetStreamHandleContext(g_instance, file, &found) == STATUS_NOT_FOUND);
  CHECK(FltGetStreamHandleContext(g_instance, same, &found) == STATUS_SUCCESS && found == context);
  FltReleaseContext(found);
  ObDereferenceObject(same);
  ZwClose(second);
  CHECK(g_cleaned == 3);
  /* the volume's and the instance's */
  CHECK(FltAllocateContext(g_filter, FLT_VOLUME_CONTEXT, 16, PagedPool, &context) == STATUS_INVALID_PARAMETER);
  CHECK(FltAllocateContext(g_filter, FLT_VOLUME_CONTEXT, 16, NonPagedPoolNx, &context) == STATUS_SUCCESS);
  CHECK(FltSetVolumeContext(g_volume, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_SUCCESS);
  FltReleaseContext(context);
  CHECK(FltGetVolumeContext(g_filter, g_volume, &found) == STATUS_SUCCESS && found == context);
  FltReleaseContext(found);
  CHECK(FltAllocateContext(g_filter, FLT_INSTANCE_CONTEXT, 16, NonPagedPoolNx, &context) == STATUS_SUCCESS);
  CHECK(FltSetInstanceContext(g_instance, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, NULL) == STATUS_SUCCESS);
  FltReleaseContext(context);
  CHECK(FltGetInstanceContext(g_instance, &found) == STATUS_SUCCESS && found == context);
  FltReleaseContext(found);
  ObDereferenceObject(note);
  ObDereferenceObject(file);
  ZwClose(stream);
  ZwClose(first);
  return 0;
}

static ULONG FileNames(void) {
  UNICODE_STRING wanted = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\names\\Long name.txt:note"), final = RTL_CONSTANT_STRING(L"Long name.txt:note");
  UNICODE_STRING extension = RTL_CONSTANT_STRING(L"txt"), stream = RTL_CONSTANT_STRING(L":note"), parent = RTL_CONSTANT_STRING(L"\\names\\");
  UNICODE_STRING moved = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\names\\new.txt"), volume = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1"), text;
  WCHAR buffer[64];
  HANDLE directory, handle;
  PFILE_OBJECT file;
  PFLT_FILE_NAME_INFORMATION name;
  ULONG length;
  CHECK(Open(L"\\??\\C:\\names", NULL, FILE_LIST_DIRECTORY, FILE_OPEN_IF, FILE_DIRECTORY_FILE, &directory) == STATUS_SUCCESS);
  CHECK(Open(L"Long name.txt:note", directory, GENERIC_WRITE, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, &handle) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL) == STATUS_SUCCESS);
  CHECK(FltGetFileNameInformationUnsafe(file, g_instance, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &name) == STATUS_SUCCESS);
  CHECK(FltParseFileNameInformation(name) == STATUS_SUCCESS && RtlEqualUnicodeString(&name->Name, &wanted, FALSE));
  CHECK(RtlEqualUnicodeString(&name->FinalComponent, &final, FALSE) && RtlEqualUnicodeString(&name->Extension, &extension, FALSE));
  CHECK(RtlEqualUnicodeString(&name->Stream, &stream, FALSE) && RtlEqualUnicodeString(&name->ParentDir, &parent, FALSE) && RtlEqualUnicodeString(&name->Volume, &volume, FALSE));
  FltReleaseFileNameInformation(name);
  CHECK(FltGetFileNameInformationUnsafe(file, g_instance, FLT_FILE_NAME_SHORT | FLT_FILE_NAME_QUERY_DEFAULT, &name) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(FltGetDestinationFileNameInformation(g_instance, file, NULL, L"new.txt", 14, FLT_FILE_NAME_NORMALIZED, &name) == STATUS_SUCCESS);
  CHECK(RtlEqualUnicodeString(&name->Name, &moved, FALSE));
  FltReleaseFileNameInformation(name);
  CHECK(FltGetDestinationFileNameInformation(g_instance, file, directory, L"new.txt", 14, FLT_FILE_NAME_NORMALIZED, &name) == STATUS_SUCCESS);
  CHECK(RtlEqualUnicodeString(&name->Name, &moved, FALSE));
  FltReleaseFileNameInformation(name);
  CHECK(FltGetVolumeName(g_volume, NULL, &length) == STATUS_BUFFER_TOO_SMALL && length == volume.Length);
  text = (UNICODE_STRING){0, sizeof(buffer), buffer};
  CHECK(FltGetVolumeName(g_volume, &text, &length) == STATUS_SUCCESS && RtlEqualUnicodeString(&text, &volume, FALSE));
  ObDereferenceObject(file);
  ZwClose(handle);
  ZwClose(directory);
  return 0;
}

static VOID FLTAPI GiveBack(PFLT_GENERIC_WORKITEM item, PVOID object, PVOID context) {
  UNREFERENCED_PARAMETER(context);
  LARGE_INTEGER moment = {.QuadPart = -10000};
  KeDelayExecutionThread(KernelMode, FALSE, &moment);
  FltObjectDereference(object);
  FltFreeGenericWorkItem(item);
}

static ULONG Objects(void) {
  ULONG_PTR lock;
  ERESOURCE resource;
  PSECURITY_DESCRIPTOR descriptor;
  CHECK(FltObjectReference(g_filter) == STATUS_SUCCESS && FltObjectReference(g_instance) == STATUS_SUCCESS && FltObjectReference(g_volume) == STATUS_SUCCESS);
  FltObjectDereference(g_volume);
  FltObjectDereference(g_filter);
  /* the unloading waits for the worker that has the other reference */
  PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
  CHECK(item && FltQueueGenericWorkItem(item, g_instance, GiveBack, DelayedWorkQueue, NULL) == STATUS_SUCCESS);
  PCHAR(FLTAPI * name)(UCHAR) = (PCHAR(FLTAPI *)(UCHAR))FltGetRoutineAddress("FltGetIrpName");
  CHECK(name && name(IRP_MJ_READ) == FltGetIrpName(IRP_MJ_READ) && FltGetRoutineAddress("FltNothing") == NULL);
  CHECK(FltGetIrpName(IRP_MJ_CREATE)[7] == 'C');
  CHECK(FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS) == STATUS_SUCCESS && descriptor);
  FltFreeSecurityDescriptor(descriptor);
  FltInitializePushLock(&lock);
  FltAcquirePushLockExclusive(&lock);
  FltReleasePushLock(&lock);
  FltAcquirePushLockShared(&lock);
  FltReleasePushLock(&lock);
  FltDeletePushLock(&lock);
  CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
  FltAcquireResourceExclusive(&resource);
  CHECK(ExIsResourceAcquiredExclusiveLite(&resource));
  FltReleaseResource(&resource);
  FltAcquireResourceShared(&resource);
  CHECK(ExIsResourceAcquiredSharedLite(&resource));
  FltReleaseResource(&resource);
  CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Below, Contexts, FileNames, Objects};

static NTSTATUS Start(PDRIVER_OBJECT driver);
#define START Start
#include "checks.h"

static NTSTATUS FLTAPI Setup(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags, DEVICE_TYPE device, FLT_FILESYSTEM_TYPE fileSystem) {
  UNREFERENCED_PARAMETER(flags);
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(fileSystem);
  g_instance = objects->Instance;
  g_volume = objects->Volume;
  return STATUS_SUCCESS;
}

static NTSTATUS FLTAPI UnloadFilter(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  Unload(g_device->DriverObject);
  return STATUS_SUCCESS;
}

static const FLT_CONTEXT_REGISTRATION g_contexts[] = {
    {FLT_VOLUME_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},       {FLT_INSTANCE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},
    {FLT_FILE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},         {FLT_STREAM_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},
    {FLT_STREAMHANDLE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL}, {FLT_CONTEXT_END, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .ContextRegistration = g_contexts,
    .FilterUnloadCallback = UnloadFilter,
    .InstanceSetupCallback = Setup,
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
