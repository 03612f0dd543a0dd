/* Calls routines of the executive and checks what they do: each control code runs one group, and its answer is the line of the first
   check that failed, or 0. */
#include <ntifs.h>

#define TAG 'tuoR'
#define DEVICE L"Routines"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;
static LONG volatile g_count;
static PVOID g_seen[3];

/* --- trees, identifiers, names --- */

typedef struct {
  ULONG Key, Value;
} ENTRY;

static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareEntries(PRTL_AVL_TABLE table, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(table);
  ULONG a = ((ENTRY *)first)->Key, b = ((ENTRY *)second)->Key;
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI AllocateEntry(PRTL_AVL_TABLE table, CLONG bytes) {
  UNREFERENCED_PARAMETER(table);
  return ExAllocatePool2(POOL_FLAG_PAGED, bytes, TAG);
}

static VOID NTAPI FreeEntry(PRTL_AVL_TABLE table, PVOID buffer) {
  UNREFERENCED_PARAMETER(table);
  ExFreePoolWithTag(buffer, TAG);
}

static ULONG Trees(void) {
  RTL_AVL_TABLE table;
  BOOLEAN isNew;
  RtlInitializeGenericTableAvl(&table, CompareEntries, AllocateEntry, FreeEntry, NULL);
  CHECK(RtlIsGenericTableEmptyAvl(&table));
  for (ULONG i = 0; i < 100; i++) {
    ENTRY entry = {(i * 37) % 100, i};
    CHECK(RtlInsertElementGenericTableAvl(&table, &entry, sizeof(entry), &isNew) && isNew);
  }
  ENTRY again = {37, 0};
  ENTRY *found = RtlInsertElementGenericTableAvl(&table, &again, sizeof(again), &isNew);
  CHECK(found && !isNew && found->Value == 1);
  CHECK(RtlNumberGenericTableElementsAvl(&table) == 100);
  ULONG expected = 0;
  for (ENTRY *entry = RtlEnumerateGenericTableAvl(&table, TRUE); entry; entry = RtlEnumerateGenericTableAvl(&table, FALSE))
    CHECK(entry->Key == expected++);
  CHECK(expected == 100);
  CHECK(((ENTRY *)RtlGetElementGenericTableAvl(&table, 42))->Key == 42);
  ENTRY wanted = {55, 0};
  CHECK(((ENTRY *)RtlLookupElementGenericTableAvl(&table, &wanted))->Key == 55);
  CHECK(RtlDeleteElementGenericTableAvl(&table, &wanted));
  CHECK(!RtlLookupElementGenericTableAvl(&table, &wanted) && !RtlDeleteElementGenericTableAvl(&table, &wanted));
  for (ENTRY *entry = RtlGetElementGenericTableAvl(&table, 0); entry; entry = RtlGetElementGenericTableAvl(&table, 0)) {
    ENTRY key = *entry;
    CHECK(RtlDeleteElementGenericTableAvl(&table, &key));
  }
  CHECK(RtlIsGenericTableEmptyAvl(&table));
  return 0;
}

static ULONG Names(void) {
  static const GUID guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 8}};
  UNICODE_STRING text, pattern = RTL_CONSTANT_STRING(L"*.DO?"), name = RTL_CONSTANT_STRING(L"Report.doc"), other = RTL_CONSTANT_STRING(L"Report.docx");
  UNICODE_STRING wanted = RTL_CONSTANT_STRING(L"{12345678-9abc-def0-0102-030405060708}");
  GUID parsed;
  CHECK(RtlStringFromGUID(&guid, &text) == STATUS_SUCCESS && RtlEqualUnicodeString(&text, &wanted, TRUE));
  CHECK(RtlGUIDFromString(&text, &parsed) == STATUS_SUCCESS && RtlCompareMemory(&parsed, &guid, sizeof(guid)) == sizeof(guid));
  RtlFreeUnicodeString(&text);
  CHECK(FsRtlIsNameInExpression(&pattern, &name, TRUE, NULL));
  CHECK(!FsRtlIsNameInExpression(&pattern, &other, TRUE, NULL));
  CHECK(FsRtlDoesNameContainWildCards(&pattern) && !FsRtlDoesNameContainWildCards(&name));
  CHECK(RtlUpcaseUnicodeChar(L'z') == L'Z');
  RTL_OSVERSIONINFOW version = {sizeof(version)};
  CHECK(RtlGetVersion(&version) == STATUS_SUCCESS && version.dwMajorVersion == 10 && version.dwBuildNumber != 0);
  return 0;
}

/* --- timers, callbacks, run-down --- */

static VOID NTAPI OnTimer(PEX_TIMER timer, PVOID context) {
  UNREFERENCED_PARAMETER(timer);
  if (KeGetCurrentIrql() == DISPATCH_LEVEL)
    InterlockedExchangeAdd(&g_count, (LONG)(LONG_PTR)context);
}

static ULONG Timers(void) {
  LARGE_INTEGER second = {.QuadPart = -10000000};
  PEX_TIMER timer = ExAllocateTimer(OnTimer, (PVOID)3, EX_TIMER_NOTIFICATION);
  CHECK(timer);
  g_count = 0;
  CHECK(!ExSetTimer(timer, -5000000, 1000000, NULL));
  CHECK(KeDelayExecutionThread(KernelMode, FALSE, &second) == STATUS_SUCCESS);
  CHECK(g_count == 6 * 3);
  CHECK(KeWaitForSingleObject(timer, Executive, KernelMode, FALSE, &second) == STATUS_SUCCESS);
  CHECK(ExCancelTimer(timer, NULL) && !ExCancelTimer(timer, NULL));
  CHECK(!ExDeleteTimer(timer, TRUE, FALSE, NULL));
  return 0;
}

static VOID NTAPI OnCallback(PVOID context, PVOID first, PVOID second) {
  g_seen[0] = context;
  g_seen[1] = first;
  g_seen[2] = second;
  InterlockedIncrement(&g_count);
}

static ULONG Callbacks(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\NtScopeRoutines");
  OBJECT_ATTRIBUTES attributes;
  PCALLBACK_OBJECT object, same;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
  CHECK(ExCreateCallback(&object, &attributes, FALSE, TRUE) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ExCreateCallback(&object, &attributes, TRUE, TRUE) == STATUS_SUCCESS);
  CHECK(ExCreateCallback(&same, &attributes, FALSE, TRUE) == STATUS_SUCCESS && same == object);
  PVOID one = ExRegisterCallback(object, OnCallback, (PVOID)1), two = ExRegisterCallback(object, OnCallback, (PVOID)2);
  CHECK(one && two);
  g_count = 0;
  ExNotifyCallback(object, (PVOID)10, (PVOID)20);
  CHECK(g_count == 2 && g_seen[0] == (PVOID)2 && g_seen[1] == (PVOID)10 && g_seen[2] == (PVOID)20);
  ExUnregisterCallback(two);
  ExNotifyCallback(object, NULL, NULL);
  CHECK(g_count == 3 && g_seen[0] == (PVOID)1);
  ExUnregisterCallback(one);
  ObDereferenceObject(same);
  ObDereferenceObject(object);
  return 0;
}

static EX_RUNDOWN_REF g_rundown;

static VOID NTAPI ReleaseLater(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  LARGE_INTEGER second = {.QuadPart = -10000000};
  KeDelayExecutionThread(KernelMode, FALSE, &second);
  InterlockedIncrement(&g_count);
  ExReleaseRundownProtection(&g_rundown);
}

static ULONG Rundown(void) {
  HANDLE thread;
  ExInitializeRundownProtection(&g_rundown);
  CHECK(ExAcquireRundownProtection(&g_rundown) && ExAcquireRundownProtection(&g_rundown));
  ExReleaseRundownProtection(&g_rundown);
  g_count = 0;
  CHECK(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReleaseLater, NULL) == STATUS_SUCCESS);
  ZwClose(thread);
  ExWaitForRundownProtectionRelease(&g_rundown);
  CHECK(g_count == 1 && !ExAcquireRundownProtection(&g_rundown));
  ExReInitializeRundownProtection(&g_rundown);
  CHECK(ExAcquireRundownProtection(&g_rundown));
  ExReleaseRundownProtection(&g_rundown);
  IO_REMOVE_LOCK lock;
  IoInitializeRemoveLock(&lock, TAG, 0, 0);
  CHECK(IoAcquireRemoveLock(&lock, NULL) == STATUS_SUCCESS);
  IoReleaseRemoveLockAndWait(&lock, NULL);
  CHECK(IoAcquireRemoveLock(&lock, NULL) == STATUS_DELETE_PENDING);
  return 0;
}

/* --- sections, symbolic links, processes --- */

static ULONG Sections(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\NtScopeRoutines");
  OBJECT_ATTRIBUTES attributes;
  HANDLE section, again;
  LARGE_INTEGER size = {.QuadPart = 0x2345};
  PVOID first = NULL, second = NULL, system = NULL, object;
  SIZE_T bytes = 0;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == STATUS_SUCCESS);
  CHECK(ZwCreateSection(&again, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == STATUS_OBJECT_NAME_COLLISION);
  CHECK(ZwOpenSection(&again, SECTION_MAP_READ, &attributes) == STATUS_SUCCESS);
  CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), &first, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE) == STATUS_SUCCESS && bytes == 0x3000);
  bytes = 0;
  CHECK(ZwMapViewOfSection(again, ZwCurrentProcess(), &second, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READONLY) == STATUS_SUCCESS && second != first);
  ((volatile ULONG *)first)[100] = 0xCAFE;
  CHECK(((volatile ULONG *)second)[100] == 0xCAFE);
  CHECK(ObReferenceObjectByHandle(section, SECTION_MAP_READ, NULL, KernelMode, &object, NULL) == STATUS_SUCCESS);
  bytes = 0;
  CHECK(MmMapViewInSystemSpace(object, &system, &bytes) == STATUS_SUCCESS && ((volatile ULONG *)system)[100] == 0xCAFE);
  CHECK(MmUnmapViewInSystemSpace(system) == STATUS_SUCCESS);
  ObDereferenceObject(object);
  CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), first) == STATUS_SUCCESS);
  CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), second) == STATUS_SUCCESS);
  CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), second) == STATUS_NOT_MAPPED_VIEW);
  ZwClose(again);
  ZwClose(section);
  return 0;
}

static ULONG FileSections(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\mapped.bin");
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK status;
  HANDLE file, section;
  UCHAR data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  LARGE_INTEGER zero = {.QuadPart = 0};
  PVOID view = NULL;
  SIZE_T bytes = 0;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &status, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF,
                     FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) == STATUS_SUCCESS);
  CHECK(ZwWriteFile(file, NULL, NULL, NULL, &status, data, sizeof(data), &zero, NULL) == STATUS_SUCCESS && status.Information == sizeof(data));
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, NULL, PAGE_READWRITE, SEC_COMMIT, file) == STATUS_SUCCESS);
  CHECK(ZwMapViewOfSection(section, ZwCurrentProcess(), &view, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE) == STATUS_SUCCESS);
  CHECK(((volatile UCHAR *)view)[7] == 8);
  ((volatile UCHAR *)view)[0] = 0x99;
  CHECK(ZwUnmapViewOfSection(ZwCurrentProcess(), view) == STATUS_SUCCESS);
  ZwClose(section);
  CHECK(ZwReadFile(file, NULL, NULL, NULL, &status, data, sizeof(data), &zero, NULL) == STATUS_SUCCESS && data[0] == 0x99 && data[1] == 2);
  CHECK(ZwFlushBuffersFile(file, &status) == STATUS_SUCCESS);
  ZwClose(file);
  return 0;
}

static ULONG Links(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\Routines"), missing = RTL_CONSTANT_STRING(L"\\??\\Missing"), target, device = RTL_CONSTANT_STRING(L"\\Device\\Routines");
  WCHAR buffer[64];
  OBJECT_ATTRIBUTES attributes;
  HANDLE link;
  ULONG needed;
  InitializeObjectAttributes(&attributes, &missing, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenSymbolicLinkObject(&link, GENERIC_READ, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
  attributes.ObjectName = &name;
  CHECK(ZwOpenSymbolicLinkObject(&link, GENERIC_READ, &attributes) == STATUS_SUCCESS);
  target.Buffer = buffer;
  target.Length = 0;
  target.MaximumLength = 4;
  CHECK(ZwQuerySymbolicLinkObject(link, &target, &needed) == STATUS_BUFFER_TOO_SMALL && needed == device.Length);
  target.MaximumLength = sizeof(buffer);
  CHECK(ZwQuerySymbolicLinkObject(link, &target, NULL) == STATUS_SUCCESS && RtlEqualUnicodeString(&target, &device, FALSE));
  ZwClose(link);
  return 0;
}

static ULONG Attach(void) {
  KAPC_STATE state;
  PEPROCESS mine = PsGetCurrentProcess();
  HANDLE id = PsGetCurrentProcessId();
  KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &state);
  CHECK(PsGetCurrentProcess() == PsInitialSystemProcess && PsGetCurrentProcessId() == id);
  KeUnstackDetachProcess(&state);
  CHECK(PsGetCurrentProcess() == mine && mine != PsInitialSystemProcess);
  CHECK(PsGetProcessId(mine) == id && PsGetProcessExitStatus(mine) == STATUS_PENDING);
  return 0;
}

static ULONG SystemInformation(void) {
  ULONG needed = 0;
  CHECK(ZwQuerySystemInformation(11, NULL, 0, &needed) == STATUS_INFO_LENGTH_MISMATCH && needed > 0);
  UCHAR *modules = ExAllocatePool2(POOL_FLAG_PAGED, needed, TAG);
  CHECK(modules);
  CHECK(ZwQuerySystemInformation(11, modules, needed, &needed) == STATUS_SUCCESS && *(ULONG *)modules >= 1);
  ULONG last = *(ULONG *)modules - 1;
  PVOID base = *(PVOID *)(modules + 8 + last * 0x128 + 0x10);
  ULONG size = *(ULONG *)(modules + 8 + last * 0x128 + 0x18);
  CHECK((ULONG_PTR)SystemInformation - (ULONG_PTR)base < size);
  ExFreePoolWithTag(modules, TAG);
  return 0;
}

/* --- requests to other devices, MDLs --- */

static ULONG Requests(void) {
  KEVENT event;
  IO_STATUS_BLOCK block;
  LARGE_INTEGER zero = {.QuadPart = 0};
  UCHAR buffer[16];
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  RtlFillMemory(buffer, sizeof(buffer), 0xAA);
  PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, g_device, buffer, sizeof(buffer), &zero, &event, &block);
  CHECK(irp);
  NTSTATUS status = IoCallDriver(g_device, irp);
  if (status == STATUS_PENDING)
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  CHECK(NT_SUCCESS(block.Status) && block.Information == sizeof(buffer) && buffer[0] == 0x11 && buffer[15] == 0x11);
  return 0;
}

static ULONG Mdls(void) {
  UCHAR *block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE, TAG);
  CHECK(block);
  PMDL mdl = IoAllocateMdl(block, 3 * PAGE_SIZE, FALSE, FALSE, NULL), part = IoAllocateMdl(block + PAGE_SIZE, PAGE_SIZE, FALSE, FALSE, NULL);
  CHECK(mdl && part);
  MmBuildMdlForNonPagedPool(mdl);
  PPFN_NUMBER pages = MmGetMdlPfnArray(mdl);
  for (ULONG i = 0; i < 3; i++)
    CHECK(pages[i] == (PFN_NUMBER)(MmGetPhysicalAddress(block + i * PAGE_SIZE).QuadPart >> PAGE_SHIFT) && pages[i] != 0);
  IoBuildPartialMdl(mdl, part, block + PAGE_SIZE, PAGE_SIZE);
  CHECK(MmGetMdlPfnArray(part)[0] == pages[1] && MmGetMdlByteCount(part) == PAGE_SIZE);
  IoFreeMdl(part);
  IoFreeMdl(mdl);
  ExFreePoolWithTag(block, TAG);
  return 0;
}

static ULONG Directories(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\listed"), pattern = RTL_CONSTANT_STRING(L"*.txt");
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK status;
  HANDLE directory;
  union {
    FILE_BOTH_DIR_INFORMATION Entry;
    UCHAR Bytes[512];
  } buffer;
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &status, FILE_SHARE_READ, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT) == STATUS_SUCCESS);
  CHECK(ZwQueryDirectoryFile(directory, NULL, NULL, NULL, &status, &buffer, sizeof(buffer), FileBothDirectoryInformation, TRUE, &pattern, TRUE) == STATUS_SUCCESS);
  CHECK(buffer.Entry.FileNameLength == 10 && buffer.Entry.FileName[0] == L'a' && buffer.Entry.EndOfFile.QuadPart == 3 && buffer.Entry.NextEntryOffset == 0);
  CHECK(ZwQueryDirectoryFile(directory, NULL, NULL, NULL, &status, &buffer, sizeof(buffer), FileBothDirectoryInformation, FALSE, NULL, FALSE) == STATUS_SUCCESS);
  CHECK(buffer.Entry.FileName[0] == L'c' && buffer.Entry.NextEntryOffset == 0);
  CHECK(ZwQueryDirectoryFile(directory, NULL, NULL, NULL, &status, &buffer, sizeof(buffer), FileBothDirectoryInformation, FALSE, NULL, FALSE) == STATUS_NO_MORE_FILES);
  ZwClose(directory);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Trees, Names, Timers, Callbacks, Rundown, Sections, FileSections, Links, Attach, SystemInformation, Requests, Mdls, Directories};

#include "checks.h"
