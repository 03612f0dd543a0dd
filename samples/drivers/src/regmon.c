/* The registry monitor: prints writes below HKLM, and keeps values below a protected key from being changed. */
#include <ntddk.h>

#define TAG 'nomR'

static LARGE_INTEGER g_cookie;
static volatile LONG g_writes;

static NTSTATUS OnSetValue(PREG_SET_VALUE_KEY_INFORMATION info) {
  static const WCHAR machine[] = L"\\REGISTRY\\MACHINE\\";
  UNICODE_STRING prefix = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Protected");
  PCUNICODE_STRING name;
  NTSTATUS status = CmCallbackGetKeyObjectIDEx(&g_cookie, info->Object, NULL, &name, 0);
  if (!NT_SUCCESS(status))
    return STATUS_SUCCESS;
  if (name->Length > sizeof(machine) && _wcsnicmp(name->Buffer, machine, sizeof(machine) / sizeof(WCHAR) - 1) == 0) {
    if (RtlPrefixUnicodeString(&prefix, name, TRUE))
      status = STATUS_ACCESS_DENIED;
    DbgPrint("regmon: process %u %s %wZ\\%wZ (%u bytes)\n", HandleToULong(PsGetCurrentProcessId()),
             NT_SUCCESS(status) ? "sets" : "may not set", name, info->ValueName, info->DataSize);
  }
  CmCallbackReleaseKeyObjectIDEx(name);
  return status;
}

static NTSTATUS OnRegistry(PVOID context, PVOID kind, PVOID info) {
  UNREFERENCED_PARAMETER(context);
  switch ((REG_NOTIFY_CLASS)(ULONG_PTR)kind) {
  case RegNtPreSetValueKey:
    return OnSetValue(info);
  case RegNtPostSetValueKey:
    if (NT_SUCCESS(((PREG_POST_OPERATION_INFORMATION)info)->Status))
      InterlockedIncrement(&g_writes);
    return STATUS_SUCCESS;
  default:
    return STATUS_SUCCESS;
  }
}

static void Unload(PDRIVER_OBJECT driver) {
  UNREFERENCED_PARAMETER(driver);
  CmUnRegisterCallback(g_cookie);
  DbgPrint("regmon: %d values were set\n", g_writes);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"380010.7");
  driver->DriverUnload = Unload;
  return CmRegisterCallbackEx(OnRegistry, &altitude, driver, NULL, &g_cookie, NULL);
}
