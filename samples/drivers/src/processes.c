/* Calls the routines that deal with processes, threads, handles and the system and checks what they do. A process victim.exe runs beside it. */
#include <ntifs.h>
#include "imported.h"

#define TAG 'corP'
#define DEVICE L"Processes"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

IMPORTED(PEPROCESS, PsGetCurrentProcess, (void));
IMPORTED(PETHREAD, PsGetCurrentThread, (void));
IMPORTED(PETHREAD, KeGetCurrentThread, (void));
IMPORTED(PEPROCESS, IoThreadToProcess, (PETHREAD));
IMPORTED(PEPROCESS, PsGetThreadProcess, (PETHREAD));
IMPORTED(const char *, PsGetProcessImageFileName, (PEPROCESS));
IMPORTED(HANDLE, PsGetProcessInheritedFromUniqueProcessId, (PEPROCESS));
IMPORTED(PVOID, PsGetProcessPeb, (PEPROCESS));
IMPORTED(ULONG, PsGetProcessSessionId, (PEPROCESS));
IMPORTED(ULONG, PsGetCurrentProcessSessionId, (void));
IMPORTED(KPROCESSOR_MODE, ExGetPreviousMode, (void));
IMPORTED(KPRIORITY, KeQueryPriorityThread, (PETHREAD));
IMPORTED(NTSTATUS, IoCreateSystemThread, (PVOID, PHANDLE, ULONG, POBJECT_ATTRIBUTES, HANDLE, PCLIENT_ID, PKSTART_ROUTINE, PVOID));
IMPORTED(NTSTATUS, NtClose, (HANDLE));
IMPORTED(NTSTATUS, ObCloseHandle, (HANDLE, KPROCESSOR_MODE));
IMPORTED(NTSTATUS, ZwTerminateProcess, (HANDLE, NTSTATUS));
IMPORTED(PVOID, ObGetObjectType, (PVOID));
IMPORTED(VOID, ObDereferenceObject, (PVOID));
IMPORTED(VOID, ObDereferenceObjectDeferDelete, (PVOID));
IMPORTED(NTSTATUS, MmCopyVirtualMemory, (PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T, KPROCESSOR_MODE, PSIZE_T));
IMPORTED(VOID, KeAttachProcess, (PEPROCESS));
IMPORTED(VOID, KeDetachProcess, (void));
IMPORTED(NTSTATUS, PsSetCreateThreadNotifyRoutineEx, (ULONG, PVOID));
IMPORTED(NTSTATUS, PsSetLoadImageNotifyRoutineEx, (PLOAD_IMAGE_NOTIFY_ROUTINE, ULONG_PTR));
IMPORTED(USHORT, ObGetFilterVersion, (void));
IMPORTED(NTSTATUS, IoUnregisterPlugPlayNotification, (PVOID));
IMPORTED(BOOLEAN, RtlIsNtDdiVersionAvailable, (ULONG));
IMPORTED(BOOLEAN, PsGetVersion, (PULONG, PULONG, PULONG, PUNICODE_STRING));
IMPORTED(PVOID, FltGetRoutineAddress, (const char *));
IMPORTED(ULONG, RtlRandomEx, (PULONG));
IMPORTED(NTSTATUS, ExUuidCreate, (GUID *));
IMPORTED(BOOLEAN, SeSinglePrivilegeCheck, (LUID, KPROCESSOR_MODE));
IMPORTED(BOOLEAN, KeInvalidateAllCaches, (void));
IMPORTED(ULONG, KeGetCurrentProcessorNumberEx, (PVOID));
IMPORTED(ULONG, KeGetCurrentProcessorIndex, (void));
IMPORTED(ULONG, KeQueryActiveProcessorCount, (PULONG_PTR));
IMPORTED(ULONG, KeQueryActiveProcessorCountEx, (USHORT));
IMPORTED(ULONG, KeQueryMaximumProcessorCountEx, (USHORT));
IMPORTED(BOOLEAN, EtwEventEnabled, (REGHANDLE, PCEVENT_DESCRIPTOR));
IMPORTED(BOOLEAN, EtwProviderEnabled, (REGHANDLE, UCHAR, ULONGLONG));
IMPORTED(NTSTATUS, EtwWrite, (REGHANDLE, PCEVENT_DESCRIPTOR, PVOID, ULONG, PVOID));
IMPORTED(NTSTATUS, EtwWriteEx, (REGHANDLE, PCEVENT_DESCRIPTOR, ULONG64, ULONG, PVOID, PVOID, ULONG, PVOID));
IMPORTED(NTSTATUS, EtwWriteString, (REGHANDLE, UCHAR, ULONGLONG, PVOID, PCWSTR));
IMPORTED(VOID, ExRaiseAccessViolation, (void));
IMPORTED(VOID, ExRaiseDatatypeMisalignment, (void));
IMPORTED(VOID, DbgBreakPoint, (void));
IMPORTED(VOID, DbgBreakPointWithStatus, (ULONG));
IMPORTED(PVOID, MmLockPagableDataSection, (PVOID));
IMPORTED(VOID, MmLockPagableSectionByHandle, (PVOID));
IMPORTED(VOID, MmUnlockPagableImageSection, (PVOID));
IMPORTED(PVOID, MmPageEntireDriver, (PVOID));
IMPORTED(VOID, MmResetDriverPaging, (PVOID));

static PDEVICE_OBJECT g_device;
static LONG volatile g_count;

/* --- processes and threads --- */

/* SYSTEM_PROCESS_INFORMATION and its threads, as phnt publishes them. */
typedef struct {
  ULONG Next, Threads;
  UCHAR Counters[0x30];
  UNICODE_STRING Name;
  ULONG Priority;
  HANDLE Id, Parent;
  ULONG Handles, Session;
  UCHAR More[0x98];
  struct {
    LARGE_INTEGER Times[3];
    ULONG WaitTime;
    PVOID Start;
    CLIENT_ID Id;
    ULONG Numbers[6];
  } Thread[1];
} PROCESS_ENTRY;

C_ASSERT(FIELD_OFFSET(PROCESS_ENTRY, Name) == 0x38 && FIELD_OFFSET(PROCESS_ENTRY, Id) == 0x50 && FIELD_OFFSET(PROCESS_ENTRY, Thread) == 0x100 && sizeof(((PROCESS_ENTRY *)0)->Thread[0]) == 0x50);

static ULONG FindVictim(CLIENT_ID *id) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"victim.exe");
  ULONG needed = 0, found = 0;
  CHECK(ZwQuerySystemInformation(5, NULL, 0, &needed) == STATUS_INFO_LENGTH_MISMATCH);
  PROCESS_ENTRY *first = ExAllocatePoolWithTag(PagedPool, needed, TAG), *entry = first;
  CHECK(first && ZwQuerySystemInformation(5, first, needed, NULL) == STATUS_SUCCESS);
  CHECK(first->Id == 0 && !first->Name.Buffer && first->Threads == 1);
  for (;; entry = (PROCESS_ENTRY *)((UCHAR *)entry + entry->Next)) {
    if (RtlEqualUnicodeString(&entry->Name, &name, TRUE)) {
      *id = entry->Thread[0].Id;
      found++;
      CHECK(entry->Threads == 1 && entry->Thread[0].Id.UniqueProcess == entry->Id && entry->Parent == PsGetCurrentProcessId());
    }
    if (entry->Next == 0)
      break;
  }
  ExFreePoolWithTag(first, TAG);
  CHECK(found == 1);
  return 0;
}

static ULONG Lookups(void) {
  CLIENT_ID id;
  PEPROCESS process;
  PETHREAD thread;
  PUNICODE_STRING path;
  UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\Windows\\victim.exe");
  const char *name;
  ULONG failed = FindVictim(&id);
  CHECK(failed == 0);
  CHECK(PsLookupProcessByProcessId((HANDLE)0x7FFFFFF0, &process) == STATUS_INVALID_PARAMETER);
  CHECK(PsLookupProcessByProcessId(id.UniqueProcess, &process) == STATUS_SUCCESS && PsGetProcessId(process) == id.UniqueProcess);
  name = ImportedPsGetProcessImageFileName(process);
  CHECK(name[0] == 'v' && name[9] == 'e' && name[10] == 0);
  CHECK(ImportedPsGetProcessInheritedFromUniqueProcessId(process) == PsGetCurrentProcessId());
  CHECK(ImportedPsGetProcessSessionId(process) == ImportedPsGetCurrentProcessSessionId() && ImportedPsGetProcessSessionId(PsInitialSystemProcess) == 0);
  CHECK(!ImportedPsGetProcessPeb(PsInitialSystemProcess));
  CHECK(SeLocateProcessImageName(process, &path) == STATUS_SUCCESS && RtlEqualUnicodeString(path, &expected, TRUE));
  ExFreePool(path);
  CHECK(PsLookupThreadByThreadId(id.UniqueThread, &thread) == STATUS_SUCCESS);
  CHECK(ImportedPsGetThreadProcess(thread) == process && ImportedIoThreadToProcess(thread) == process && !PsIsSystemThread(thread) && !PsIsThreadTerminating(thread));
  CHECK(ImportedKeQueryPriorityThread(thread) == 8);
  ImportedObDereferenceObject(thread);
  ImportedObDereferenceObjectDeferDelete(process);
  CHECK(ImportedPsGetCurrentProcess() == PsGetCurrentProcess() && ImportedPsGetCurrentThread() == (PETHREAD)PsGetCurrentThread() && ImportedKeGetCurrentThread() == (PETHREAD)KeGetCurrentThread());
  CHECK(ImportedExGetPreviousMode() == UserMode);
  return 0;
}

static VOID NTAPI Count(PVOID context) {
  if (PsIsSystemThread(PsGetCurrentThread()) && ImportedExGetPreviousMode() == KernelMode)
    InterlockedExchangeAdd(&g_count, (LONG)(LONG_PTR)context);
}

static ULONG RunThread(void) {
  HANDLE handle;
  CLIENT_ID id;
  CHECK(ImportedIoCreateSystemThread(g_device, &handle, THREAD_ALL_ACCESS, NULL, NULL, &id, Count, (PVOID)5) == STATUS_SUCCESS && id.UniqueProcess == (HANDLE)4);
  CHECK(ZwWaitForSingleObject(handle, FALSE, NULL) == STATUS_SUCCESS);
  ImportedNtClose(handle);
  return 0;
}

static ULONG SystemThreads(void) {
  g_count = 0;
  ULONG failed = RunThread();
  CHECK(failed == 0 && g_count == 5);
  return 0;
}

/* --- handles --- */

static ULONG Handles(void) {
  CLIENT_ID id, missing = {(HANDLE)0x7FFFFFF0, (HANDLE)0x7FFFFFF0};
  HANDLE process, thread, copy, weak;
  OBJECT_ATTRIBUTES attributes;
  PVOID object, pointer;
  ULONG needed, failed = FindVictim(&id);
  LARGE_INTEGER zero = {.QuadPart = 0};
  ULONG_PTR wow = 1;
  union {
    OBJECT_NAME_INFORMATION Information;
    UCHAR Bytes[128];
  } name;
  UNICODE_STRING device = RTL_CONSTANT_STRING(L"\\Device\\Processes");
  CHECK(failed == 0);
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &missing) == STATUS_INVALID_CID && ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &missing) == STATUS_INVALID_CID);
  CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS && ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS);
  CHECK(ZwQueryInformationProcess(process, ProcessWow64Information, &wow, sizeof(wow), NULL) == STATUS_SUCCESS && wow == 0);
  CHECK(ObReferenceObjectByHandle(thread, 0, *PsThreadType, KernelMode, &object, NULL) == STATUS_SUCCESS && PsGetThreadId(object) == id.UniqueThread);
  CHECK(ImportedObGetObjectType(object) == *PsThreadType);
  CHECK(ObReferenceObjectByPointer(object, 0, *PsThreadType, KernelMode) == STATUS_SUCCESS && ObReferenceObjectByPointer(object, 0, *PsProcessType, KernelMode) == STATUS_OBJECT_TYPE_MISMATCH);
  ObDereferenceObject(object);
  ObDereferenceObject(object);
  CHECK(ZwDuplicateObject(ZwCurrentProcess(), process, ZwCurrentProcess(), &copy, 0, OBJ_KERNEL_HANDLE, DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS && copy != process);
  CHECK(ObReferenceObjectByHandle(copy, 0, *PsProcessType, KernelMode, &object, NULL) == STATUS_SUCCESS && PsGetProcessId(object) == id.UniqueProcess);
  CHECK(ZwDuplicateObject(ZwCurrentProcess(), copy, ZwCurrentProcess(), &weak, SYNCHRONIZE, OBJ_KERNEL_HANDLE, DUPLICATE_CLOSE_SOURCE) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(copy, 0, *PsProcessType, KernelMode, &pointer, NULL) == STATUS_INVALID_HANDLE);
  CHECK(ImportedZwTerminateProcess(weak, STATUS_WAIT_3) == STATUS_ACCESS_DENIED && ZwWaitForSingleObject(weak, FALSE, &zero) == STATUS_TIMEOUT);
  CHECK(ImportedZwTerminateProcess(process, STATUS_WAIT_3) == STATUS_SUCCESS && ZwWaitForSingleObject(weak, FALSE, &zero) == STATUS_SUCCESS);
  CHECK(PsGetProcessExitStatus(object) == STATUS_WAIT_3 && PsLookupProcessByProcessId(id.UniqueProcess, (PEPROCESS *)&pointer) == STATUS_INVALID_PARAMETER);
  ObDereferenceObject(object);
  CHECK(ImportedObCloseHandle(weak, KernelMode) == STATUS_SUCCESS && ZwClose(thread) == STATUS_SUCCESS && ZwClose(process) == STATUS_SUCCESS);
  CHECK(ObQueryNameString(g_device, NULL, 0, &needed) == STATUS_INFO_LENGTH_MISMATCH && needed == sizeof(UNICODE_STRING) + device.Length + sizeof(WCHAR));
  CHECK(ObQueryNameString(g_device, &name.Information, sizeof(name), &needed) == STATUS_SUCCESS && RtlEqualUnicodeString(&name.Information.Name, &device, FALSE));
  return 0;
}

static ULONG Attach(void) {
  PEPROCESS mine = PsGetCurrentProcess();
  UCHAR source[8] = {1, 2, 3, 4, 5, 6, 7, 8}, target[8] = {0};
  SIZE_T copied;
  ImportedKeAttachProcess(PsInitialSystemProcess);
  CHECK(PsGetCurrentProcess() == PsInitialSystemProcess);
  ImportedKeDetachProcess();
  CHECK(PsGetCurrentProcess() == mine);
  CHECK(ImportedMmCopyVirtualMemory(mine, source, mine, target, sizeof(source), KernelMode, &copied) == STATUS_SUCCESS && copied == sizeof(source) && target[7] == 8);
  CHECK(!NT_SUCCESS(ImportedMmCopyVirtualMemory(mine, (PVOID)0x10, mine, target, sizeof(source), KernelMode, &copied)));
  return 0;
}

/* --- notifications --- */

static LONG g_ended, g_endedEx, g_threads, g_systemThreads;
static PEPROCESS g_inside;
static HANDLE g_parent;

static VOID NTAPI OnProcess(HANDLE parent, HANDLE id, BOOLEAN create) {
  if (!create && parent == g_parent && id == PsGetCurrentProcessId())
    g_ended++;
}

static VOID NTAPI OnProcessEx(PEPROCESS process, HANDLE id, PVOID info) {
  if (!info && PsGetProcessId(process) == id)
    g_endedEx++;
}

static VOID NTAPI OnThread(HANDLE process, HANDLE thread, BOOLEAN create) {
  UNREFERENCED_PARAMETER(thread);
  if (process != (HANDLE)4 && !create) {
    g_threads++;
    g_inside = PsGetCurrentProcess();
  } else if (process == (HANDLE)4)
    g_threads += 100;
}

static VOID NTAPI OnAnyThread(HANDLE process, HANDLE thread, BOOLEAN create) {
  UNREFERENCED_PARAMETER(thread);
  if (process == (HANDLE)4)
    g_systemThreads += create ? 1 : 10;
}

static VOID NTAPI OnImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info) {
  UNREFERENCED_PARAMETER(name);
  UNREFERENCED_PARAMETER(process);
  UNREFERENCED_PARAMETER(info);
}

static NTSTATUS NTAPI OnPlugAndPlay(PVOID notification, PVOID context) {
  UNREFERENCED_PARAMETER(notification);
  UNREFERENCED_PARAMETER(context);
  return STATUS_SUCCESS;
}

static ULONG Notifications(void) {
  CLIENT_ID id;
  HANDLE process;
  PVOID registration;
  PEPROCESS victim;
  OBJECT_ATTRIBUTES attributes;
  ULONG failed = FindVictim(&id);
  CHECK(failed == 0);
  g_ended = g_endedEx = g_threads = g_systemThreads = 0;
  g_parent = PsGetCurrentProcessId();
  CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE) == STATUS_SUCCESS && PsSetCreateProcessNotifyRoutine(OnProcess, FALSE) == STATUS_INVALID_PARAMETER);
  CHECK(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, FALSE) == STATUS_SUCCESS);
  CHECK(ImportedPsSetCreateThreadNotifyRoutineEx(0, OnThread) == STATUS_SUCCESS && ImportedPsSetCreateThreadNotifyRoutineEx(1, OnAnyThread) == STATUS_SUCCESS);
  CHECK(ImportedPsSetCreateThreadNotifyRoutineEx(2, OnAnyThread) == STATUS_INVALID_PARAMETER);
  CHECK(ImportedPsSetLoadImageNotifyRoutineEx(OnImage, 0) == STATUS_SUCCESS && PsRemoveLoadImageNotifyRoutine(OnImage) == STATUS_SUCCESS);
  failed = RunThread();
  CHECK(failed == 0 && g_systemThreads == 11 && g_threads == 0);
  CHECK(PsLookupProcessByProcessId(id.UniqueProcess, &victim) == STATUS_SUCCESS);
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  CHECK(ZwOpenProcess(&process, PROCESS_TERMINATE, &attributes, &id) == STATUS_SUCCESS && ImportedZwTerminateProcess(process, STATUS_SUCCESS) == STATUS_SUCCESS);
  ZwClose(process);
  CHECK(g_ended == 1 && g_endedEx == 1 && g_threads == 1 && g_inside == victim);
  ObDereferenceObject(victim);
  CHECK(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE) == STATUS_SUCCESS && PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, OnProcessEx, TRUE) == STATUS_SUCCESS);
  CHECK(PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_SUCCESS && PsRemoveCreateThreadNotifyRoutine(OnAnyThread) == STATUS_SUCCESS && PsRemoveCreateThreadNotifyRoutine(OnThread) == STATUS_PROCEDURE_NOT_FOUND);
  CHECK(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, g_device->DriverObject, OnPlugAndPlay, NULL, &registration) == STATUS_SUCCESS);
  CHECK(ImportedIoUnregisterPlugPlayNotification(registration) == STATUS_SUCCESS);
  return 0;
}

static LONG g_creates, g_duplicates, g_kernelHandles;
static PVOID g_target;

static OB_PREOP_CALLBACK_STATUS NTAPI BeforeHandle(PVOID context, POB_PRE_OPERATION_INFORMATION information) {
  UNREFERENCED_PARAMETER(context);
  ACCESS_MASK *access = information->Operation == OB_OPERATION_HANDLE_CREATE ? &information->Parameters->CreateHandleInformation.DesiredAccess : &information->Parameters->DuplicateHandleInformation.DesiredAccess;
  g_kernelHandles += information->KernelHandle;
  if (information->Operation == OB_OPERATION_HANDLE_CREATE)
    g_creates++;
  else {
    g_duplicates++;
    g_target = information->Parameters->DuplicateHandleInformation.TargetProcess;
  }
  *access &= ~THREAD_TERMINATE; /* PROCESS_TERMINATE too */
  return OB_PREOP_SUCCESS;
}

static ULONG Callbacks(void) {
  CLIENT_ID id;
  HANDLE process, thread, copy, pointer;
  PEPROCESS victim;
  PVOID registration;
  OBJECT_ATTRIBUTES attributes;
  OB_OPERATION_REGISTRATION operations[2] = {{PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, BeforeHandle, NULL}, {PsThreadType, OB_OPERATION_HANDLE_CREATE, BeforeHandle, NULL}};
  OB_CALLBACK_REGISTRATION callbacks = {OB_FLT_REGISTRATION_VERSION, 2, RTL_CONSTANT_STRING(L"321000.5"), NULL, operations};
  ULONG failed = FindVictim(&id);
  CHECK(failed == 0 && ImportedObGetFilterVersion() == OB_FLT_REGISTRATION_VERSION);
  g_creates = g_duplicates = g_kernelHandles = 0;
  CHECK(PsLookupProcessByProcessId(id.UniqueProcess, &victim) == STATUS_SUCCESS);
  CHECK(ObRegisterCallbacks(&callbacks, &registration) == STATUS_SUCCESS);
  InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
  CHECK(ZwOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS && g_creates == 1 && ImportedZwTerminateProcess(process, STATUS_SUCCESS) == STATUS_ACCESS_DENIED);
  CHECK(ZwOpenThread(&thread, THREAD_ALL_ACCESS, &attributes, &id) == STATUS_SUCCESS && g_creates == 2 && g_kernelHandles == 0);
  CHECK(ObOpenObjectByPointer(victim, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &pointer) == STATUS_SUCCESS && g_creates == 3 && g_kernelHandles == 1);
  CHECK(ZwDuplicateObject(ZwCurrentProcess(), pointer, ZwCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS && g_duplicates == 1 && g_target == PsGetCurrentProcess());
  CHECK(ImportedZwTerminateProcess(copy, STATUS_SUCCESS) == STATUS_ACCESS_DENIED);
  ObUnRegisterCallbacks(registration);
  CHECK(ImportedZwTerminateProcess(pointer, STATUS_SUCCESS) == STATUS_SUCCESS);
  ZwClose(process);
  ZwClose(thread);
  ZwClose(pointer);
  ZwClose(copy);
  ObDereferenceObject(victim);
  return 0;
}

/* --- the system --- */

static ULONG System(void) {
  UNICODE_STRING lower = RTL_CONSTANT_STRING(L"KeLowerIrql"), missing = RTL_CONSTANT_STRING(L"NoSuchRoutine"), variable = RTL_CONSTANT_STRING(L"NtBuildNumber");
  UNICODE_STRING kernel = RTL_CONSTANT_STRING(L"ntoskrnl.exe");
  RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version), .wProductType = 77};
  ULONG major, minor, build, seed = 1, needed = 0;
  GUID one, two;
  CHECK(RtlGetVersion((PRTL_OSVERSIONINFOW)&version) == STATUS_SUCCESS && version.wProductType == VER_NT_WORKSTATION && version.wSuiteMask == VER_SUITE_SINGLEUSERTS && version.dwPlatformId == 2);
  CHECK(!ImportedPsGetVersion(&major, &minor, &build, NULL) && major == version.dwMajorVersion && minor == version.dwMinorVersion && build == version.dwBuildNumber);
  CHECK(ImportedRtlIsNtDdiVersionAvailable(0x06010000) && !ImportedRtlIsNtDdiVersionAvailable(0x0B000000));
  VOID(NTAPI * lowerIrql)(KIRQL) = MmGetSystemRoutineAddress(&lower);
  CHECK(lowerIrql && !MmGetSystemRoutineAddress(&missing));
  KIRQL previous = KfRaiseIrql(DISPATCH_LEVEL);
  lowerIrql(previous);
  CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL);
  CHECK((*(USHORT *)MmGetSystemRoutineAddress(&variable)) == (USHORT)build && ImportedFltGetRoutineAddress("FltRegisterFilter") && !ImportedFltGetRoutineAddress("FltNoSuchRoutine"));
  CHECK(ImportedRtlRandomEx(&seed) == seed && seed != 1 && seed < 0x80000000);
  CHECK(ImportedExUuidCreate(&one) == STATUS_SUCCESS && ImportedExUuidCreate(&two) == STATUS_SUCCESS && RtlCompareMemory(&one, &two, sizeof(one)) != sizeof(one));
  CHECK(ImportedSeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_DEBUG_PRIVILEGE), KernelMode));
  ImportedKeInvalidateAllCaches();
  CHECK(ImportedKeGetCurrentProcessorNumberEx(NULL) == 0 && ImportedKeGetCurrentProcessorIndex() == 0);
  CHECK(ImportedKeQueryActiveProcessorCount(NULL) == 1 && ImportedKeQueryActiveProcessorCountEx(0) == 1 && ImportedKeQueryMaximumProcessorCountEx(0) == 1);
  /* the kernel is the first of the modules */
  CHECK(ZwQuerySystemInformation(11, NULL, 0, &needed) == STATUS_INFO_LENGTH_MISMATCH);
  UCHAR *modules = ExAllocatePoolWithTag(PagedPool, needed, TAG), *first = modules + 8;
  CHECK(modules && ZwQuerySystemInformation(11, modules, needed, NULL) == STATUS_SUCCESS);
  const char *name = (const char *)first + 0x28 + *(USHORT *)(first + 0x26);
  for (ULONG i = 0; i <= kernel.Length / sizeof(WCHAR); i++)
    CHECK(name[i] == (char)kernel.Buffer[i]);
  CHECK((ULONG_PTR)PsInitialSystemProcess && (ULONG_PTR)lowerIrql - *(ULONG_PTR *)(first + 0x10) < *(ULONG *)(first + 0x18));
  ExFreePoolWithTag(modules, TAG);
  return 0;
}

static ULONG Raising(void) {
  NTSTATUS raised[5] = {0};
  __try {
    ImportedExRaiseAccessViolation();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised[0] = GetExceptionCode();
  }
  __try {
    ImportedExRaiseDatatypeMisalignment();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised[1] = GetExceptionCode();
  }
  __try {
    ExRaiseStatus(STATUS_NO_MEMORY);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised[2] = GetExceptionCode();
  }
  __try {
    ImportedDbgBreakPoint();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised[3] = GetExceptionCode();
  }
  __try {
    ImportedDbgBreakPointWithStatus(1);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised[4] = GetExceptionCode();
  }
  CHECK(raised[3] == STATUS_BREAKPOINT && raised[4] == STATUS_BREAKPOINT);
  CHECK(raised[0] == STATUS_ACCESS_VIOLATION && raised[1] == STATUS_DATATYPE_MISALIGNMENT && raised[2] == STATUS_NO_MEMORY);
  return 0;
}

static ULONG Tracing(void) {
  static const GUID provider = {0x55443322, 0x1100, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
  REGHANDLE handle;
  EVENT_DESCRIPTOR event = {0};
  CHECK(EtwRegister(&provider, NULL, NULL, &handle) == STATUS_SUCCESS);
  CHECK(!ImportedEtwEventEnabled(handle, &event) && !ImportedEtwProviderEnabled(handle, 0, 0));
  CHECK(ImportedEtwWrite(handle, &event, NULL, 0, NULL) == STATUS_SUCCESS && ImportedEtwWriteEx(handle, &event, 0, 0, NULL, NULL, 0, NULL) == STATUS_SUCCESS);
  CHECK(ImportedEtwWriteString(handle, 0, 0, NULL, L"text") == STATUS_SUCCESS && EtwUnregister(handle) == STATUS_SUCCESS);
  return 0;
}

/* --- pageable code that is locked --- */

static __attribute__((section("PAGE"), noinline)) ULONG AddPageable(ULONG value) { return value + 1; }

static ULONG Paging(void) {
  PVOID handle = ImportedMmLockPagableDataSection((PVOID)AddPageable);
  CHECK(handle);
  ImportedMmLockPagableSectionByHandle(handle);
  ImportedMmUnlockPagableImageSection(handle);
  KIRQL level = KfRaiseIrql(DISPATCH_LEVEL);
  ULONG value = AddPageable(1);
  KeLowerIrql(level);
  ImportedMmUnlockPagableImageSection(handle);
  CHECK(value == 2);
  PVOID base = ImportedMmPageEntireDriver((PVOID)Paging);
  CHECK(base && base <= (PVOID)Paging);
  CHECK(AddPageable(2) == 3);
  ImportedMmResetDriverPaging((PVOID)Paging);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Lookups, SystemThreads, Handles, Attach, Notifications, Callbacks, System, Raising, Tracing, Paging};

#include "checks.h"
