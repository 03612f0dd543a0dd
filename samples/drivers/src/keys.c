/* Calls the routines of the registry and checks what they do, also what callbacks see of them and may change. */
#include <ntifs.h>

#define TAG 'syeK'
#define DEVICE L"Keys"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

static PDEVICE_OBJECT g_device;
static LARGE_INTEGER g_cookie;
static LONG g_seen[64];

typedef union {
  KEY_BASIC_INFORMATION Basic;
  KEY_NODE_INFORMATION Node;
  KEY_FULL_INFORMATION Full;
  KEY_NAME_INFORMATION Name;
  KEY_VALUE_BASIC_INFORMATION ValueBasic;
  KEY_VALUE_FULL_INFORMATION ValueFull;
  KEY_VALUE_PARTIAL_INFORMATION ValuePartial;
  UCHAR Bytes[256];
} BUFFER;

static NTSTATUS OpenKey(PCWSTR path, HANDLE root, HANDLE *key) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  RtlInitUnicodeString(&name, path);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
  return ZwOpenKey(key, KEY_ALL_ACCESS, &attributes);
}

static NTSTATUS CreateKey(PCWSTR path, HANDLE root, HANDLE *key, ULONG *disposition) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  RtlInitUnicodeString(&name, path);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
  return ZwCreateKey(key, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_NON_VOLATILE, disposition);
}

/* Begins with an empty key \Registry\Machine\SOFTWARE\NtScopeKeys. */
static NTSTATUS Begin(HANDLE *key) { return CreateKey(L"\\Registry\\Machine\\SOFTWARE\\NtScopeKeys", NULL, key, NULL); }

static ULONG Keys(void) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Second"), renamed = RTL_CONSTANT_STRING(L"Third"), wanted = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\NtScopeKeys\\Third");
  OBJECT_ATTRIBUTES attributes;
  HANDLE key, first, second, again;
  ULONG length, disposition;
  BUFFER buffer;
  CHECK(Begin(&key) == STATUS_SUCCESS);
  CHECK(CreateKey(L"\\Registry\\Machine\\SOFTWARE\\NtScopeKeys\\Missing\\Deep", NULL, &first, NULL) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(CreateKey(L"Missing\\Deep", key, &first, NULL) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(CreateKey(L"First", key, &first, &disposition) == STATUS_SUCCESS && disposition == REG_CREATED_NEW_KEY);
  CHECK(CreateKey(L"Second", key, &second, &disposition) == STATUS_SUCCESS && disposition == REG_CREATED_NEW_KEY);
  CHECK(CreateKey(L"Second", key, &again, &disposition) == STATUS_SUCCESS && disposition == REG_OPENED_EXISTING_KEY);
  ZwClose(again);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, key, NULL);
  CHECK(ZwOpenKeyEx(&again, KEY_READ, &attributes, 0) == STATUS_SUCCESS);
  ZwClose(again);
  CHECK(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && buffer.Full.SubKeys == 2 && buffer.Full.Values == 0);
  CHECK(buffer.Full.MaxNameLen == 6 * sizeof(WCHAR) && buffer.Full.LastWriteTime.QuadPart != 0);
  CHECK(ZwQueryKey(key, KeyNameInformation, &buffer, 4, &length) == STATUS_BUFFER_OVERFLOW && buffer.Name.NameLength + 4 == length);
  CHECK(ZwEnumerateKey(key, 0, KeyBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(buffer.Basic.NameLength == 10 && buffer.Basic.Name[0] == L'F' && length == 26);
  CHECK(ZwEnumerateKey(key, 1, KeyNodeInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && buffer.Node.NameLength == 12 && buffer.Node.Name[0] == L'S');
  CHECK(ZwEnumerateKey(key, 1, KeyNodeInformation, &buffer, 8, &length) == STATUS_BUFFER_TOO_SMALL && length == 36);
  CHECK(ZwEnumerateKey(key, 0, KeyNameInformation, &buffer, sizeof(buffer), &length) == STATUS_INVALID_PARAMETER);
  CHECK(ZwEnumerateKey(key, 2, KeyBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_NO_MORE_ENTRIES);
  CHECK(ZwRenameKey(second, &renamed) == STATUS_SUCCESS && ZwFlushKey(second) == STATUS_SUCCESS);
  CHECK(ZwQueryKey(second, KeyBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && buffer.Basic.Name[0] == L'T');
  PVOID object;
  union {
    OBJECT_NAME_INFORMATION Information;
    UCHAR Bytes[256];
  } named;
  CHECK(ObReferenceObjectByHandle(second, KEY_READ, NULL, KernelMode, &object, NULL) == STATUS_SUCCESS);
  CHECK(ObQueryNameString(object, &named.Information, sizeof(named), &length) == STATUS_SUCCESS && RtlEqualUnicodeString(&named.Information.Name, &wanted, TRUE));
  ObDereferenceObject(object);
  CHECK(ZwDeleteKey(key) == STATUS_CANNOT_DELETE);
  CHECK(ZwDeleteKey(second) == STATUS_SUCCESS && ZwDeleteKey(first) == STATUS_SUCCESS && ZwDeleteKey(key) == STATUS_SUCCESS);
  CHECK(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof(buffer), &length) == STATUS_KEY_DELETED);
  ZwClose(second);
  ZwClose(first);
  ZwClose(key);
  return 0;
}

static ULONG Values(void) {
  UNICODE_STRING number = RTL_CONSTANT_STRING(L"Number"), text = RTL_CONSTANT_STRING(L"Text"), missing = RTL_CONSTANT_STRING(L"Missing");
  HANDLE key;
  ULONG data = 0x1234, length;
  BUFFER buffer;
  CHECK(Begin(&key) == STATUS_SUCCESS);
  CHECK(ZwSetValueKey(key, &number, 0, REG_DWORD, &data, sizeof(data)) == STATUS_SUCCESS);
  CHECK(ZwSetValueKey(key, &text, 0, REG_SZ, L"hello", 12) == STATUS_SUCCESS);
  CHECK(ZwQueryValueKey(key, &missing, KeyValuePartialInformation, &buffer, sizeof(buffer), &length) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwQueryValueKey(key, &text, KeyValuePartialInformation, &buffer, 8, &length) == STATUS_BUFFER_TOO_SMALL && length == 24);
  RtlZeroMemory(&buffer, sizeof(buffer));
  CHECK(ZwQueryValueKey(key, &text, KeyValuePartialInformation, &buffer, 16, &length) == STATUS_BUFFER_OVERFLOW && length == 24);
  CHECK(buffer.ValuePartial.Type == REG_SZ && buffer.ValuePartial.DataLength == 12 && ((WCHAR *)buffer.ValuePartial.Data)[1] == L'e' && buffer.Bytes[16] == 0);
  CHECK(ZwQueryValueKey(key, &text, KeyValueFullInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(buffer.ValueFull.NameLength == 8 && ((WCHAR *)(buffer.Bytes + buffer.ValueFull.DataOffset))[4] == L'o');
  CHECK(ZwEnumerateValueKey(key, 0, KeyValueBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(buffer.ValueBasic.Type == REG_DWORD && buffer.ValueBasic.NameLength == 12 && buffer.ValueBasic.Name[0] == L'N');
  CHECK(ZwEnumerateValueKey(key, 2, KeyValueBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_NO_MORE_ENTRIES);
  CHECK(ZwDeleteValueKey(key, &number) == STATUS_SUCCESS && ZwDeleteValueKey(key, &number) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && buffer.Full.Values == 1 && buffer.Full.MaxValueDataLen == 12);
  CHECK(ZwDeleteKey(key) == STATUS_SUCCESS);
  ZwClose(key);
  return 0;
}

/* --- callbacks --- */

static BOOLEAN EndsWith(PCUNICODE_STRING name, PCWSTR text) {
  UNICODE_STRING end;
  RtlInitUnicodeString(&end, text);
  if (name->Length < end.Length)
    return FALSE;
  UNICODE_STRING last = {end.Length, end.Length, name->Buffer + (name->Length - end.Length) / sizeof(WCHAR)};
  return RtlEqualUnicodeString(&last, &end, TRUE);
}

/* A key that is asked for by one name is opened by another. */
static NTSTATUS Redirect(PREG_OPEN_KEY_INFORMATION_V1 info) {
  HANDLE target;
  PVOID object;
  NTSTATUS status = OpenKey(L"\\Registry\\Machine\\SOFTWARE", NULL, &target);
  if (!NT_SUCCESS(status))
    return status;
  status = ObReferenceObjectByHandle(target, KEY_READ, NULL, KernelMode, &object, NULL);
  ZwClose(target);
  if (!NT_SUCCESS(status))
    return status;
  *info->ResultObject = object;
  *info->Disposition = REG_OPENED_EXISTING_KEY;
  info->GrantedAccess = info->DesiredAccess;
  return STATUS_CALLBACK_BYPASS;
}

/* The data of the value "Rewritten" is seen as 'X', whatever it is. */
static void Rewrite(PREG_QUERY_VALUE_KEY_INFORMATION query) {
  if (query->KeyValueInformationClass == KeyValuePartialInformation && EndsWith(query->ValueName, L"Rewritten"))
    *(WCHAR *)((PKEY_VALUE_PARTIAL_INFORMATION)query->KeyValueInformation)->Data = L'X';
}

static NTSTATUS NTAPI OnRegistry(PVOID context, PVOID kind, PVOID info) {
  UNREFERENCED_PARAMETER(context);
  ULONG operation = (ULONG)(ULONG_PTR)kind;
  PREG_POST_OPERATION_INFORMATION post = info;
  if (operation < ARRAYSIZE(g_seen))
    InterlockedIncrement(&g_seen[operation]);
  switch (operation) {
  case RegNtPreOpenKeyEx:
    if (EndsWith(((PREG_OPEN_KEY_INFORMATION_V1)info)->CompleteName, L"NtScopeElsewhere"))
      return Redirect(info);
    break;
  case RegNtPreEnumerateKey:
    if (((PREG_ENUMERATE_KEY_INFORMATION)info)->Index == 7)
      return STATUS_ACCESS_DENIED;
    break;
  case RegNtPostQueryValueKey:
    if (NT_SUCCESS(post->Status))
      Rewrite(post->PreInformation);
    break;
  }
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnNothing(PVOID context, PVOID kind, PVOID info) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(kind);
  UNREFERENCED_PARAMETER(info);
  return STATUS_SUCCESS;
}

static ULONG Registrations(void) {
  LARGE_INTEGER first, second, third;
  CHECK(CmRegisterCallback(OnNothing, NULL, &first) == STATUS_SUCCESS);
  CHECK(CmRegisterCallback(OnNothing, NULL, &second) == STATUS_SUCCESS);
  CHECK(CmUnRegisterCallback(first) == STATUS_SUCCESS);
  CHECK(CmRegisterCallback(OnNothing, NULL, &third) == STATUS_SUCCESS);
  CHECK(CmUnRegisterCallback(third) == STATUS_SUCCESS && CmUnRegisterCallback(second) == STATUS_SUCCESS);
  CHECK(CmUnRegisterCallback(second) == STATUS_INVALID_PARAMETER);
  return 0;
}

static ULONG Callbacks(void) {
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"380020"), value = RTL_CONSTANT_STRING(L"Rewritten"), name = RTL_CONSTANT_STRING(L"Renamed");
  UNICODE_STRING software = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE");
  HANDLE key, child, other;
  ULONG length;
  BUFFER buffer;
  PVOID object;
  PCUNICODE_STRING path;
  RtlZeroMemory(g_seen, sizeof(g_seen));
  CHECK(CmRegisterCallbackEx(OnRegistry, &altitude, g_device->DriverObject, NULL, &g_cookie, NULL) == STATUS_SUCCESS);
  CHECK(Begin(&key) == STATUS_SUCCESS && CreateKey(L"Child", key, &child, NULL) == STATUS_SUCCESS);
  CHECK(g_seen[RegNtPreCreateKeyEx] == 2 && g_seen[RegNtPostCreateKeyEx] == 2);
  CHECK(ZwSetValueKey(key, &value, 0, REG_SZ, L"abc", 8) == STATUS_SUCCESS && g_seen[RegNtPostSetValueKey] == 1);
  CHECK(ZwQueryValueKey(key, &value, KeyValuePartialInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && *(WCHAR *)buffer.ValuePartial.Data == L'X');
  CHECK(g_seen[RegNtPreQueryValueKey] == 1 && g_seen[RegNtPostQueryValueKey] == 1);
  CHECK(ZwEnumerateKey(key, 0, KeyBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(ZwEnumerateKey(key, 7, KeyBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_ACCESS_DENIED);
  CHECK(g_seen[RegNtPreEnumerateKey] == 2 && g_seen[RegNtPostEnumerateKey] == 1);
  CHECK(ZwEnumerateValueKey(key, 0, KeyValueBasicInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS);
  CHECK(g_seen[RegNtPreEnumerateValueKey] == 1 && g_seen[RegNtPostEnumerateValueKey] == 1);
  CHECK(ZwQueryKey(key, KeyFullInformation, &buffer, sizeof(buffer), &length) == STATUS_SUCCESS && g_seen[RegNtPreQueryKey] == 1 && g_seen[RegNtPostQueryKey] == 1);
  CHECK(ZwFlushKey(key) == STATUS_SUCCESS && g_seen[RegNtPreFlushKey] == 1 && g_seen[RegNtPostFlushKey] == 1);
  CHECK(ZwDeleteValueKey(key, &value) == STATUS_SUCCESS && g_seen[RegNtPreDeleteValueKey] == 1 && g_seen[RegNtPostDeleteValueKey] == 1);
  CHECK(ZwRenameKey(child, &name) == STATUS_SUCCESS && g_seen[RegNtPreRenameKey] == 1 && g_seen[RegNtPostRenameKey] == 1);
  CHECK(OpenKey(L"NtScopeElsewhere", key, &other) == STATUS_SUCCESS);
  CHECK(ObReferenceObjectByHandle(other, KEY_READ, NULL, KernelMode, &object, NULL) == STATUS_SUCCESS);
  CHECK(CmCallbackGetKeyObjectIDEx(&g_cookie, object, NULL, &path, 0) == STATUS_SUCCESS && RtlEqualUnicodeString(path, &software, TRUE));
  CmCallbackReleaseKeyObjectIDEx(path);
  CHECK(CmCallbackGetKeyObjectID(&g_cookie, object, NULL, &path) == STATUS_SUCCESS && RtlEqualUnicodeString(path, &software, TRUE));
  CHECK(CmGetBoundTransaction(&g_cookie, object) == NULL);
  ObDereferenceObject(object);
  ZwClose(other);
  CHECK(ZwDeleteKey(child) == STATUS_SUCCESS && ZwDeleteKey(key) == STATUS_SUCCESS && g_seen[RegNtPreDeleteKey] == 2 && g_seen[RegNtPostDeleteKey] == 2);
  LONG closed = g_seen[RegNtPreKeyHandleClose];
  ZwClose(child);
  ZwClose(key);
  CHECK(g_seen[RegNtPreKeyHandleClose] == closed + 2);
  CHECK(CmUnRegisterCallback(g_cookie) == STATUS_SUCCESS);
  return 0;
}

/* Leaves the callback registered for what a user does. */
static ULONG Watch(void) {
  UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"380020");
  CHECK(CmRegisterCallbackEx(OnRegistry, &altitude, g_device->DriverObject, NULL, &g_cookie, NULL) == STATUS_SUCCESS);
  return 0;
}

static ULONG StopWatching(void) {
  CHECK(CmUnRegisterCallback(g_cookie) == STATUS_SUCCESS);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Keys, Values, Registrations, Callbacks, Watch, StopWatching};

#include "checks.h"
