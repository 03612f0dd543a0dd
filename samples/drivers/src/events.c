/* Is told of events of the whole system and prints them: the system shuts down or stops, a logon session or a file system ends or begins. */
#include <ntifs.h>
#include "requests.h"

#define CRASH CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define DUMP_BYTES 16

NTKERNELAPI NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID);

static PDEVICE_OBJECT g_first, g_second;
static KBUGCHECK_CALLBACK_RECORD g_crash;
static KBUGCHECK_REASON_CALLBACK_RECORD g_reason;
static UCHAR g_state[DUMP_BYTES] = "events state";
static LUID g_session = {0x3E7, 0};
static PVOID g_interrupt;

static NTSTATUS NTAPI OnShutdown(PDEVICE_OBJECT device, PIRP irp) {
  DbgPrint("events: %s is told of the shutdown\n", device == g_first ? "the first device" : "the second device");
  return Complete(irp, STATUS_SUCCESS);
}

static VOID NTAPI OnBugCheck(PVOID buffer, ULONG length) { DbgPrint("events: the system stops at level %d with '%s', %u bytes\n", KeGetCurrentIrql(), buffer, length); }

static VOID NTAPI OnDump(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record, PVOID data, ULONG length) {
  UNREFERENCED_PARAMETER(record);
  PKBUGCHECK_SECONDARY_DUMP_DATA dump = data;
  if (reason != KbCallbackSecondaryDumpData || length < sizeof(*dump) || dump->MaximumAllowed < DUMP_BYTES)
    return;
  dump->OutBuffer = g_state;
  dump->OutBufferLength = DUMP_BYTES;
  DbgPrint("events: adds %u bytes to the dump\n", dump->OutBufferLength);
}

static NTSTATUS NTAPI OnSession(PLUID session) {
  DbgPrint("events: logon session %x ends\n", session->LowPart);
  return STATUS_SUCCESS;
}

static VOID NTAPI OnFileSystem(PDEVICE_OBJECT device, BOOLEAN active) {
  UNREFERENCED_PARAMETER(device);
  DbgPrint("events: a file system %s\n", active ? "comes" : "goes");
}

static BOOLEAN NTAPI OnInterrupt(PVOID context, BOOLEAN handled) {
  UNREFERENCED_PARAMETER(context);
  return handled;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == CRASH)
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Events");
  IoDeleteSymbolicLink(&link);
  KeDeregisterNmiCallback(g_interrupt);
  IoUnregisterFsRegistrationChange(driver, OnFileSystem);
  SeUnregisterLogonSessionTerminatedRoutine(OnSession);
  KeDeregisterBugCheckReasonCallback(&g_reason);
  KeDeregisterBugCheckCallback(&g_crash);
  IoUnregisterShutdownNotification(g_first);
  IoDeleteDevice(g_second); /* its registration goes with it */
  IoDeleteDevice(g_first);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Events"), link = RTL_CONSTANT_STRING(L"\\??\\Events");
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->MajorFunction[IRP_MJ_SHUTDOWN] = OnShutdown;
  driver->DriverUnload = Unload;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_first);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_second);
  if (!NT_SUCCESS(status))
    goto delete_first;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status))
    goto delete_second;
  status = IoRegisterLastChanceShutdownNotification(g_first);
  if (!NT_SUCCESS(status))
    goto delete_link;
  status = IoRegisterShutdownNotification(g_second);
  if (!NT_SUCCESS(status))
    goto delete_link;
  status = SeRegisterLogonSessionTerminatedRoutine(OnSession);
  if (!NT_SUCCESS(status))
    goto delete_link;
  status = SeMarkLogonSessionForTerminationNotification(&g_session);
  if (NT_SUCCESS(status))
    status = IoRegisterFsRegistrationChange(driver, OnFileSystem);
  if (!NT_SUCCESS(status))
    goto unregister_session;
  g_interrupt = KeRegisterNmiCallback(OnInterrupt, NULL);
  if (!g_interrupt) {
    status = STATUS_INSUFFICIENT_RESOURCES;
    goto unregister_file_systems;
  }
  KeInitializeCallbackRecord(&g_crash);
  KeInitializeCallbackRecord(&g_reason);
  KeRegisterBugCheckCallback(&g_crash, OnBugCheck, g_state, DUMP_BYTES, (PUCHAR)"events");
  KeRegisterBugCheckReasonCallback(&g_reason, OnDump, KbCallbackSecondaryDumpData, (PUCHAR)"events");
  return STATUS_SUCCESS;

unregister_file_systems:
  IoUnregisterFsRegistrationChange(driver, OnFileSystem);
unregister_session:
  SeUnregisterLogonSessionTerminatedRoutine(OnSession);
delete_link:
  IoDeleteSymbolicLink(&link);
delete_second:
  IoDeleteDevice(g_second);
delete_first:
  IoDeleteDevice(g_first);
  return status;
}
