/* Calls the routines of files by handle and checks what they do: each control code runs one group. */
#include <ntifs.h>
#include "files.h"

#define DEVICE L"Files"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;

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

static ULONG (*const g_groups[])(void) = {Files, Streams, Renames};

#include "checks.h"
