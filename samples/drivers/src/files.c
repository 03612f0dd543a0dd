/* Calls the routines of files and of the filter manager and checks what they do. Each control code runs one group. What callbacks see is
   checked while files below \filtered are used: the last group tells of it. */
#include <fltKernel.h>

#define TAG 'sliF'
#define DEVICE L"Files"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;
static PFLT_FILTER g_filter;
static PFLT_INSTANCE g_instance;
static PFLT_VOLUME g_volume;
static LONG volatile g_wrong, g_cleaned, g_pagingWrites, g_safe, g_completed;
static ULONG g_teardown;

#define EXPECT(condition) do { if (!(condition) && !g_wrong) g_wrong = __LINE__; } while (0)

typedef union {
  FILE_STANDARD_INFORMATION Standard;
  FILE_BASIC_INFORMATION Basic;
  FILE_INTERNAL_INFORMATION Internal;
  FILE_NETWORK_OPEN_INFORMATION NetworkOpen;
  FILE_ATTRIBUTE_TAG_INFORMATION Tag;
  FILE_POSITION_INFORMATION Position;
  FILE_END_OF_FILE_INFORMATION End;
  FILE_ALLOCATION_INFORMATION Allocation;
  FILE_NAME_INFORMATION Name;
  FILE_STREAM_INFORMATION Stream;
  FILE_RENAME_INFORMATION Rename;
  FILE_DISPOSITION_INFORMATION Disposition;
  FILE_BOTH_DIR_INFORMATION Entry;
  ULONG Flags;
  UCHAR Bytes[512];
} INFORMATION;

static NTSTATUS Open(PCWSTR path, HANDLE root, ACCESS_MASK access, ULONG disposition, ULONG options, HANDLE *handle) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK block;
  RtlInitUnicodeString(&name, path);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
  return ZwCreateFile(handle, access | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition,
                      options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static NTSTATUS Make(PCWSTR path, HANDLE *handle) { return Open(path, NULL, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE, handle); }

static BOOLEAN Exists(PCWSTR path) {
  HANDLE handle;
  if (!NT_SUCCESS(Open(path, NULL, GENERIC_READ, FILE_OPEN, 0, &handle)))
    return FALSE;
  ZwClose(handle);
  return TRUE;
}

static NTSTATUS Set(HANDLE handle, PVOID information, ULONG length, FILE_INFORMATION_CLASS kind) {
  IO_STATUS_BLOCK block;
  return ZwSetInformationFile(handle, &block, information, length, kind);
}

static NTSTATUS Query(HANDLE handle, INFORMATION *information, FILE_INFORMATION_CLASS kind) {
  IO_STATUS_BLOCK block;
  return ZwQueryInformationFile(handle, &block, information, sizeof(*information), kind);
}

static NTSTATUS Rename(HANDLE handle, HANDLE root, PCWSTR name, BOOLEAN replace) {
  INFORMATION information;
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, name);
  information.Rename.ReplaceIfExists = replace;
  information.Rename.RootDirectory = root;
  information.Rename.FileNameLength = text.Length;
  RtlCopyMemory(information.Rename.FileName, text.Buffer, text.Length);
  return Set(handle, &information, sizeof(information), FileRenameInformation);
}

static ULONG Files(void) {
  HANDLE file, again, event;
  IO_STATUS_BLOCK block;
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\work\\a.txt"), wanted = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\work\\a.txt"), dos = RTL_CONSTANT_STRING(L"C:\\work\\a.txt");
  LARGE_INTEGER start = {.QuadPart = 0};
  INFORMATION information;
  UCHAR data[8] = "abcdefg";
  PFILE_OBJECT object, same;
  POBJECT_NAME_INFORMATION path;
  ULONG length;
  CHECK(Open(L"\\??\\C:\\work", NULL, FILE_LIST_DIRECTORY, FILE_OPEN_IF, FILE_DIRECTORY_FILE, &file) == STATUS_SUCCESS);
  ZwClose(file);
  CHECK(Make(L"\\??\\C:\\work\\a.txt", &file) == STATUS_SUCCESS);
  CHECK(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS);
  CHECK(ZwWriteFile(file, event, NULL, NULL, &block, data, sizeof(data), NULL, NULL) == STATUS_SUCCESS && block.Information == 8);
  CHECK(ZwWaitForSingleObject(event, FALSE, &start) == STATUS_SUCCESS);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, data, sizeof(data), NULL, NULL) == STATUS_END_OF_FILE);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &block, data, 3, &start, NULL) == STATUS_SUCCESS && data[2] == 'c');
  CHECK(ZwFlushBuffersFile(file, &block) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(file, FILE_READ_DATA, *IoFileObjectType, KernelMode, (PVOID *)&object, NULL) == STATUS_SUCCESS);
  CHECK(object->CurrentByteOffset.QuadPart == 3 && ((PFSRTL_COMMON_FCB_HEADER)object->FsContext)->FileSize.QuadPart == 8);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenFile(&again, GENERIC_READ, &attributes, &block, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT) == STATUS_SUCCESS && block.Information == FILE_OPENED);
  CHECK(ObReferenceObjectByHandle(again, FILE_READ_DATA, *IoFileObjectType, KernelMode, (PVOID *)&same, NULL) == STATUS_SUCCESS);
  CHECK(same != object && same->FsContext == object->FsContext);
  ObDereferenceObject(same);
  CHECK(ObQueryNameString(object, (POBJECT_NAME_INFORMATION)&information, sizeof(information), &length) == STATUS_SUCCESS);
  CHECK(RtlEqualUnicodeString(&((POBJECT_NAME_INFORMATION)&information)->Name, &wanted, TRUE));
  CHECK(IoQueryFileDosDeviceName(object, &path) == STATUS_SUCCESS && RtlEqualUnicodeString(&path->Name, &dos, TRUE));
  ExFreePool(path);
  CHECK(Query(file, &information, FilePositionInformation) == STATUS_SUCCESS && information.Position.CurrentByteOffset.QuadPart == 3);
  CHECK(Query(file, &information, FileStandardInformation) == STATUS_SUCCESS && information.Standard.EndOfFile.QuadPart == 8 && information.Standard.NumberOfLinks == 1);
  CHECK(Query(file, &information, FileBasicInformation) == STATUS_SUCCESS && information.Basic.FileAttributes == FILE_ATTRIBUTE_ARCHIVE);
  CHECK(Query(file, &information, FileInternalInformation) == STATUS_SUCCESS && information.Internal.IndexNumber.QuadPart != 0);
  CHECK(Query(file, &information, FileNetworkOpenInformation) == STATUS_SUCCESS && information.NetworkOpen.EndOfFile.QuadPart == 8);
  CHECK(Query(file, &information, FileAttributeTagInformation) == STATUS_SUCCESS && information.Tag.ReparseTag == 0);
  CHECK(Query(file, &information, FileNameInformation) == STATUS_SUCCESS && information.Name.FileNameLength == 22);
  CHECK(ZwQueryInformationFile(file, &block, &information, 8, FileNameInformation) == STATUS_BUFFER_OVERFLOW && block.Information == 8);
  CHECK(ZwQueryInformationFile(file, &block, &information, 8, FileBasicInformation) == STATUS_INFO_LENGTH_MISMATCH);
  information.Position.CurrentByteOffset.QuadPart = 5;
  CHECK(Set(file, &information, 8, FilePositionInformation) == STATUS_SUCCESS && object->CurrentByteOffset.QuadPart == 5);
  information.End.EndOfFile.QuadPart = 6;
  CHECK(Set(file, &information, 8, FileEndOfFileInformation) == STATUS_SUCCESS);
  information.Allocation.AllocationSize.QuadPart = 4;
  CHECK(Set(file, &information, 8, FileAllocationInformation) == STATUS_SUCCESS);
  CHECK(Query(file, &information, FileStandardInformation) == STATUS_SUCCESS && information.Standard.EndOfFile.QuadPart == 4);
  RtlZeroMemory(&information.Basic, sizeof(information.Basic));
  information.Basic.FileAttributes = FILE_ATTRIBUTE_READONLY;
  CHECK(Set(file, &information, sizeof(information.Basic), FileBasicInformation) == STATUS_SUCCESS);
  information.Disposition.DeleteFile = TRUE;
  CHECK(Set(file, &information, 1, FileDispositionInformation) == STATUS_CANNOT_DELETE);
  information.Flags = FILE_DISPOSITION_DELETE | 0x10;
  CHECK(Set(file, &information, 4, FileDispositionInformationEx) == STATUS_SUCCESS);
  ObDereferenceObject(object);
  ZwClose(event);
  ZwClose(file);
  CHECK(ZwOpenFile(&file, GENERIC_READ, &attributes, &block, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT) == STATUS_DELETE_PENDING);
  ZwClose(again);
  CHECK(!Exists(L"\\??\\C:\\work\\a.txt"));
  CHECK(Make(L"\\??\\C:\\work\\a.txt", &file) == STATUS_SUCCESS);
  ZwClose(file);
  CHECK(ZwDeleteFile(&attributes) == STATUS_SUCCESS && !Exists(L"\\??\\C:\\work\\a.txt"));
  return 0;
}

static ULONG Streams(void) {
  HANDLE file, stream, other;
  INFORMATION information;
  CHECK(Make(L"\\??\\C:\\s.txt", &file) == STATUS_SUCCESS && Make(L"\\??\\C:\\s.txt:note", &stream) == STATUS_SUCCESS);
  CHECK(Query(file, &information, FileStreamInformation) == STATUS_SUCCESS && information.Stream.NextEntryOffset != 0);
  information.Disposition.DeleteFile = TRUE;
  CHECK(Set(stream, &information, 1, FileDispositionInformation) == STATUS_SUCCESS);
  CHECK(Open(L"\\??\\C:\\s.txt:note", NULL, GENERIC_READ, FILE_OPEN, 0, &other) == STATUS_DELETE_PENDING);
  ZwClose(stream);
  CHECK(!Exists(L"\\??\\C:\\s.txt:note") && Exists(L"\\??\\C:\\s.txt"));
  CHECK(Open(L"\\??\\C:\\s.txt:gone", NULL, GENERIC_WRITE | DELETE, FILE_CREATE, FILE_DELETE_ON_CLOSE, &stream) == STATUS_SUCCESS);
  ZwClose(stream);
  CHECK(!Exists(L"\\??\\C:\\s.txt:gone") && Exists(L"\\??\\C:\\s.txt"));
  CHECK(Make(L"\\??\\C:\\s.txt:one", &stream) == STATUS_SUCCESS && Rename(stream, NULL, L":two", FALSE) == STATUS_SUCCESS);
  ZwClose(stream);
  CHECK(!Exists(L"\\??\\C:\\s.txt:one") && Exists(L"\\??\\C:\\s.txt:two"));
  ZwClose(file);
  CHECK(Make(L"\\??\\C:\\s.txt", &file) == STATUS_SUCCESS && !Exists(L"\\??\\C:\\s.txt:two"));
  /* the name goes at once, the file with the last handle */
  CHECK(Open(L"\\??\\C:\\s.txt", NULL, DELETE, FILE_OPEN, 0, &other) == STATUS_SUCCESS);
  information.Flags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS;
  CHECK(Set(other, &information, 4, FileDispositionInformationEx) == STATUS_SUCCESS);
  ZwClose(other);
  CHECK(!Exists(L"\\??\\C:\\s.txt") && Query(file, &information, FileStandardInformation) == STATUS_SUCCESS && information.Standard.DeletePending);
  CHECK(Make(L"\\??\\C:\\s.txt", &other) == STATUS_SUCCESS);
  information.Flags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_ON_CLOSE;
  CHECK(Set(other, &information, 4, FileDispositionInformationEx) == STATUS_NOT_SUPPORTED);
  ZwClose(file);
  ZwClose(other);
  CHECK(Open(L"\\??\\C:\\s.txt", NULL, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE, &file) == STATUS_SUCCESS);
  information.Flags = FILE_DISPOSITION_ON_CLOSE;
  CHECK(Set(file, &information, 4, FileDispositionInformationEx) == STATUS_SUCCESS);
  ZwClose(file);
  CHECK(Exists(L"\\??\\C:\\s.txt"));
  return 0;
}

static ULONG Renames(void) {
  HANDLE file, directory, other;
  INFORMATION information;
  CHECK(Open(L"\\??\\C:\\r", NULL, FILE_LIST_DIRECTORY, FILE_OPEN_IF, FILE_DIRECTORY_FILE, &directory) == STATUS_SUCCESS);
  CHECK(Make(L"\\??\\C:\\r\\a.txt", &file) == STATUS_SUCCESS);
  CHECK(Rename(file, NULL, L"b.txt", FALSE) == STATUS_SUCCESS && Exists(L"\\??\\C:\\r\\b.txt") && !Exists(L"\\??\\C:\\b.txt"));
  CHECK(Rename(file, NULL, L"\\??\\C:\\c.txt", FALSE) == STATUS_SUCCESS && Exists(L"\\??\\C:\\c.txt") && !Exists(L"\\??\\C:\\r\\b.txt"));
  CHECK(Rename(file, directory, L"d.txt", FALSE) == STATUS_SUCCESS && Exists(L"\\??\\C:\\r\\d.txt"));
  CHECK(Rename(file, NULL, L"deep\\d.txt", FALSE) == STATUS_OBJECT_NAME_INVALID && Rename(file, (HANDLE)0x7FFC, L"d.txt", FALSE) == STATUS_INVALID_HANDLE);
  CHECK(Make(L"\\??\\C:\\r\\e.txt", &other) == STATUS_SUCCESS);
  CHECK(Rename(file, NULL, L"e.txt", FALSE) == STATUS_OBJECT_NAME_COLLISION && Rename(file, NULL, L"e.txt", TRUE) == STATUS_ACCESS_DENIED);
  information.Rename.FileNameLength = 0x1000;
  CHECK(Set(file, &information, 8, FileRenameInformation) == STATUS_INFO_LENGTH_MISMATCH);
  CHECK(Set(file, &information, sizeof(information), FileRenameInformation) == STATUS_INVALID_PARAMETER);
  ZwClose(other);
  CHECK(Rename(file, NULL, L"e.txt", TRUE) == STATUS_SUCCESS && !Exists(L"\\??\\C:\\r\\d.txt"));
  ZwClose(file);
  ZwClose(directory);
  return 0;
}

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

/* Whether what callbacks saw of files below \filtered was as it should be. */
static ULONG Seen(void) {
  CHECK(g_pagingWrites == 0);
  return g_wrong;
}

static ULONG (*const g_groups[])(void) = {Files, Streams, Renames, Below, Contexts, FileNames, Objects, Seen};

static NTSTATUS Start(PDRIVER_OBJECT driver);
#define START Start
#include "checks.h"

/* --- the minifilter --- */

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

static NTSTATUS FLTAPI Setup(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags, DEVICE_TYPE device, FLT_FILESYSTEM_TYPE fileSystem) {
  UNREFERENCED_PARAMETER(flags);
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(fileSystem);
  g_instance = objects->Instance;
  g_volume = objects->Volume;
  return STATUS_SUCCESS;
}

static VOID FLTAPI Teardown(PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_TEARDOWN_FLAGS flags) {
  UNREFERENCED_PARAMETER(objects);
  g_teardown = flags;
}

static NTSTATUS FLTAPI UnloadFilter(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(g_filter);
  DbgPrint("files: torn down with %u, %u safe completions, %u flushes\n", g_teardown, g_safe, g_completed);
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

static const FLT_CONTEXT_REGISTRATION g_contexts[] = {
    {FLT_VOLUME_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},       {FLT_INSTANCE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},
    {FLT_FILE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},         {FLT_STREAM_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL},
    {FLT_STREAMHANDLE_CONTEXT, 0, Clean, 16, TAG, NULL, NULL, NULL}, {FLT_CONTEXT_END, 0, NULL, 0, 0, NULL, NULL, NULL},
};

static const FLT_REGISTRATION g_registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .ContextRegistration = g_contexts,
    .OperationRegistration = g_operations,
    .FilterUnloadCallback = UnloadFilter,
    .InstanceSetupCallback = Setup,
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
