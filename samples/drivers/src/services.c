/* Calls more routines of the executive and checks what they do: locks, threads, processes, the registry, device stacks, tracing, text. */
#include <ntifs.h>

#define TAG 'vreS'
#define DEVICE L"Services"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD);
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN);
NTSTATUS NTAPI EtwSetInformation(REGHANDLE, ULONG, PVOID, ULONG);
int swprintf_s(unsigned short *, unsigned long long, const unsigned short *, ...);
unsigned long long wcslen(const unsigned short *);
int wcscmp(const unsigned short *, const unsigned short *);

static PDEVICE_OBJECT g_device;
static LONG volatile g_count;

static ULONG Locks(void) {
  ERESOURCE resource;
  KSPIN_LOCK spin;
  KLOCK_QUEUE_HANDLE queued;
  static SLIST_HEADER list;
  static SLIST_ENTRY entries[2];
  CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
  KeEnterCriticalRegion();
  CHECK(KeAreApcsDisabled());
  CHECK(ExAcquireResourceSharedLite(&resource, TRUE) && ExAcquireResourceSharedLite(&resource, FALSE));
  CHECK(!ExAcquireResourceExclusiveLite(&resource, FALSE));
  ExReleaseResourceLite(&resource);
  ExReleaseResourceLite(&resource);
  CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE) && ExIsResourceAcquiredExclusiveLite(&resource));
  ExReleaseResourceLite(&resource);
  KeLeaveCriticalRegion();
  CHECK(!KeAreApcsDisabled());
  CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
  KeInitializeSpinLock(&spin);
  KeAcquireInStackQueuedSpinLock(&spin, &queued);
  CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL);
  KeReleaseInStackQueuedSpinLock(&queued);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  InitializeSListHead(&list);
  CHECK(!ExpInterlockedPopEntrySList(&list));
  ExpInterlockedPushEntrySList(&list, &entries[0]);
  ExpInterlockedPushEntrySList(&list, &entries[1]);
  CHECK(ExQueryDepthSList(&list) == 2);
  CHECK(ExpInterlockedPopEntrySList(&list) == &entries[1] && ExpInterlockedPopEntrySList(&list) == &entries[0]);
  PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
  CHECK(block);
  ExFreePool(block);
  return 0;
}

static VOID NTAPI Count(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  InterlockedIncrement(&g_count);
  PsTerminateSystemThread(STATUS_WAIT_1);
}

static ULONG Threads(void) {
  HANDLE handle;
  CLIENT_ID id;
  PETHREAD thread, same;
  CHECK(PsLookupThreadByThreadId((HANDLE)0x7FFFFFF0, &thread) == STATUS_INVALID_PARAMETER);
  CHECK(PsLookupThreadByThreadId(PsGetCurrentThreadId(), &thread) == STATUS_SUCCESS && thread == PsGetCurrentThread());
  CHECK(PsGetThreadId(thread) == PsGetCurrentThreadId() && PsGetThreadProcessId(thread) == PsGetCurrentProcessId());
  ObDereferenceObject(thread);
  g_count = 0;
  CHECK(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, &id, Count, NULL) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, (PVOID *)&thread, NULL) == STATUS_SUCCESS);
  CHECK(PsLookupThreadByThreadId(id.UniqueThread, &same) == STATUS_SUCCESS && same == thread);
  ObDereferenceObject(same);
  CHECK(KeSetPriorityThread((PKTHREAD)thread, 12) == 8 && KeSetPriorityThread((PKTHREAD)thread, 8) == 12);
  CHECK(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(g_count == 1 && PsGetThreadExitStatus(thread) == STATUS_WAIT_1);
  ObDereferenceObject(thread);
  ZwClose(handle);
  return 0;
}

static ULONG Processes(void) {
  HANDLE handle;
  PVOID process;
  ULONG needed = 0;
  CHECK(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &handle) == STATUS_SUCCESS);
  CHECK(ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, 0, *PsThreadType, KernelMode, &process) == STATUS_OBJECT_TYPE_MISMATCH);
  CHECK(ZwQueryInformationProcess(handle, ProcessImageFileName, NULL, 0, &needed) == STATUS_INFO_LENGTH_MISMATCH && needed > sizeof(UNICODE_STRING));
  UNICODE_STRING *name = ExAllocatePoolWithTag(PagedPool, needed, TAG), suffix = RTL_CONSTANT_STRING(L"\\client.exe");
  CHECK(name && ZwQueryInformationProcess(handle, ProcessImageFileName, name, needed, NULL) == STATUS_SUCCESS);
  CHECK(RtlSuffixUnicodeString(&suffix, name, TRUE));
  ExFreePoolWithTag(name, TAG);
  CHECK(ObReferenceObjectByHandle(handle, 0, *PsProcessType, KernelMode, &process, NULL) == STATUS_SUCCESS && process == PsGetCurrentProcess());
  ObDereferenceObject(process);
  ZwClose(handle);
  return 0;
}

static ULONG Registry(void) {
  UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\SOFTWARE\\NtScopeServices"), value = RTL_CONSTANT_STRING(L"Value");
  OBJECT_ATTRIBUTES attributes;
  HANDLE key, again;
  ULONG disposition, data = 0x1234, length;
  union {
    KEY_VALUE_PARTIAL_INFORMATION Information;
    UCHAR Bytes[64];
  } buffer;
  InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenKey(&key, KEY_READ, &attributes) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, &disposition) == STATUS_SUCCESS && disposition == REG_CREATED_NEW_KEY);
  CHECK(ZwOpenKey(&again, KEY_READ, &attributes) == STATUS_SUCCESS);
  CHECK(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)) == STATUS_SUCCESS);
  CHECK(ZwQueryValueKey(again, &value, KeyValuePartialInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(buffer.Information.Type == REG_DWORD && *(ULONG *)buffer.Information.Data == data);
  CHECK(ZwDeleteKey(key) == STATUS_SUCCESS);
  CHECK(ZwQueryValueKey(again, &value, KeyValuePartialInformation, &buffer, sizeof(buffer), &length) == STATUS_KEY_DELETED);
  ZwClose(again);
  ZwClose(key);
  return 0;
}

static ULONG Devices(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Services"), missing = RTL_CONSTANT_STRING(L"\\Device\\Missing");
  PFILE_OBJECT file;
  PDEVICE_OBJECT device, filter, lower;
  CHECK(IoGetDeviceObjectPointer(&missing, FILE_READ_DATA, &file, &device) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device) == STATUS_SUCCESS && device == g_device);
  CHECK(IoCreateDevice(g_device->DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &filter) == STATUS_SUCCESS);
  CHECK(IoAttachDeviceToDeviceStackSafe(filter, device, &lower) == STATUS_SUCCESS && lower == g_device);
  CHECK(filter->StackSize == g_device->StackSize + 1 && IoGetAttachedDevice(g_device) == filter);
  IoDetachDevice(lower);
  CHECK(IoGetAttachedDevice(g_device) == g_device);
  IoDeleteDevice(filter);
  ObDereferenceObject(file);
  return 0;
}

static __attribute__((noinline)) void Print(const char *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
  __builtin_va_end(arguments);
}

static ULONG Tracing(void) {
  static const GUID provider = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
  UNICODE_STRING text = RTL_CONSTANT_STRING(L"wide");
  ANSI_STRING narrow = {3, 4, "abc"};
  REGHANDLE handle = 0;
  EVENT_DESCRIPTOR event = {0};
  CHECK(EtwRegister(&provider, NULL, NULL, &handle) == STATUS_SUCCESS && handle != 0);
  CHECK(EtwSetInformation(handle, 2, (PVOID)"x", 1) == STATUS_SUCCESS);
  CHECK(EtwWriteTransfer(handle, &event, NULL, NULL, 0, NULL) == STATUS_SUCCESS);
  CHECK(EtwUnregister(handle) == STATUS_SUCCESS && EtwUnregister(0) == STATUS_INVALID_HANDLE);
  Print("[%wZ] [%Z] [%ws] [%S] [%s] [%I64x] [%llx] [%p] [%-6s] [%*d] [%05u] [%#x] [%c] [%%]\n", &text, &narrow, L"ws", L"S", "s", 0x123456789ABCDEFULL, ~0ULL,
        (PVOID)0x1234, "left", 6, -42, 7, 255, 'c');
  return 0;
}

/* What a checked build's ASSERT does. The debugger lets it go on. */
static ULONG Assertions(void) {
  RtlAssert("1 == 2", "services.c", 1, "a message");
  return 0;
}

static ULONG Text(void) {
  WCHAR buffer[16], printed[32];
  UNICODE_STRING text, literal;
  text.Buffer = buffer;
  text.Length = 0;
  text.MaximumLength = sizeof(buffer);
  RtlInitUnicodeString(&literal, L"ab");
  RtlCopyUnicodeString(&text, &literal);
  CHECK(RtlAppendUnicodeToString(&text, L"cd") == STATUS_SUCCESS && text.Length == 8);
  CHECK(RtlAppendUnicodeToString(&text, L"0123456789abcdef") == STATUS_BUFFER_TOO_SMALL && text.Length == 8);
  CHECK(wcscpy_s(printed, ARRAYSIZE(printed), L"one ") == 0 && wcscat_s(printed, ARRAYSIZE(printed), L"two") == 0 && wcslen(printed) == 7);
  CHECK(wcscpy_s(printed, 3, L"much too long") == 34 && printed[0] == 0);
  CHECK(swprintf_s(printed, ARRAYSIZE(printed), L"%04X-%ls-%hs", 0xBEEF, L"w", "n") == 8 && wcscmp(printed, L"BEEF-w-n") == 0);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Locks, Threads, Processes, Registry, Devices, Tracing, Text, Assertions};

#include "checks.h"
