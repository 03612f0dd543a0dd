/* What no driver does by accident: work for the executive without end, deep trees, tables that change while they are walked, exceptions that
   nobody raised. Each control code is one of them, and the machine must end or bear it. */
#include <ntifs.h>
#include "requests.h"

#define TAG 'tsoH'
#define DEVICE L"Hostile"
#define MEGABYTE (1024 * 1024)

static PDEVICE_OBJECT g_device;
static PIRP g_pending;
static KTIMER g_timer;
static KDPC g_dpc;
static RTL_AVL_TABLE g_tree;
static LONG volatile g_depth;
static ULONG volatile g_zero;

static VOID NTAPI Tick(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(dpc);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
}

static VOID NTAPI TickAgain(PKDPC dpc, PVOID context, PVOID a, PVOID b) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(a);
  UNREFERENCED_PARAMETER(b);
  LARGE_INTEGER due = {.QuadPart = -1};
  KeSetTimer(&g_timer, due, dpc);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_AVL_TABLE table, PVOID first, PVOID second) {
  ULONG a = *(ULONG *)first, b = *(ULONG *)second;
  if (g_depth && g_depth++ == 1)
    RtlDeleteElementGenericTableAvl(table, second);
  return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI Allocate(PRTL_AVL_TABLE table, CLONG bytes) {
  UNREFERENCED_PARAMETER(table);
  return ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, TAG);
}

static VOID NTAPI Free(PRTL_AVL_TABLE table, PVOID buffer) {
  UNREFERENCED_PARAMETER(table);
  ExFreePoolWithTag(buffer, TAG);
}

static void Plant(void) {
  RtlInitializeGenericTableAvl(&g_tree, Compare, Allocate, Free, NULL);
  for (ULONG i = 0; i < 8; i++)
    RtlInsertElementGenericTableAvl(&g_tree, &i, sizeof(i), NULL);
}

static PWCHAR LongText(SIZE_T bytes) {
  PWCHAR text = ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, TAG);
  for (SIZE_T i = 0; i + 1 < bytes / sizeof(WCHAR); i++)
    text[i] = L'a';
  return text;
}

/* The finally block of a frame that is being left makes the unwinding look like a search. */
static void ClearFlags(PEXCEPTION_RECORD record) {
  __try {
    *(ULONG volatile *)(ULONG_PTR)g_zero = 1;
  } __finally {
    record->ExceptionFlags = 0;
  }
}

static NTSTATUS Misbehave(ULONG what, PIRP irp) {
  LARGE_INTEGER due = {.QuadPart = -100000};
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name;
  HANDLE handle, next;
  switch (what) {
  case 0: /* a request that only a timer is left to complete, and does not */
    KeInitializeTimerEx(&g_timer, NotificationTimer);
    KeInitializeDpc(&g_dpc, Tick, NULL);
    KeSetTimerEx(&g_timer, due, 10, &g_dpc);
    IoMarkIrpPending(irp);
    g_pending = irp;
    return STATUS_PENDING;
  case 1: /* a timer that sets itself again as soon as it can */
    KeInitializeTimer(&g_timer);
    KeInitializeDpc(&g_dpc, TickAgain, NULL);
    due.QuadPart = -1;
    KeSetTimer(&g_timer, due, &g_dpc);
    break;
  case 2: /* the last bytes of the pool, and those behind them */
    for (PUCHAR block, last = NULL;; last = block)
      if (!(block = ExAllocatePool2(POOL_FLAG_NON_PAGED, MEGABYTE - 0x10, TAG))) {
        *(ULONG64 volatile *)(((ULONG_PTR)last | (MEGABYTE - 1)) - 3) = 1;
        break;
      }
    break;
  case 3: /* keys below keys without end */
    RtlInitUnicodeString(&name, L"\\Registry\\Machine\\Software");
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateKey(&handle, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL)))
      break;
    RtlInitUnicodeString(&name, L"a");
    for (;; handle = next) {
      InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, handle, NULL);
      NTSTATUS status = ZwCreateKey(&next, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
      ZwClose(handle);
      if (!NT_SUCCESS(status))
        return Complete(irp, status);
    }
  case 4: /* text without a line end */
    for (;;)
      DbgPrint("%500d", 1);
  case 5: /* a scope table that says it has four million entries */
    {
      PUCHAR table = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64 * MEGABYTE, TAG);
      static ULONG64 dispatcher[16];
      static EXCEPTION_RECORD record;
      *(ULONG *)table = 1 << 22;
      dispatcher[7] = (ULONG64)table;
      __C_specific_handler(&record, &record, NULL, (PVOID)dispatcher);
    }
    break;
  case 6: /* a long string, measured again and again */
    for (PWCHAR text = LongText(32 * MEGABYTE);;)
      g_zero = wcslen(text) == 0;
  case 7: /* a search that compares each character with each */
    {
      PWCHAR text = LongText(0xFFFC), part = LongText(0x8000);
      part[0x3FF0] = L'b';
      for (;;)
        g_zero = wcsstr(text, part) != NULL;
    }
  case 8: /* the same with wildcards */
    {
      UNICODE_STRING expression = {0xFFF0, 0xFFF0, LongText(0xFFFC)}, text = {0xFFF0, 0xFFF0, LongText(0xFFFC)};
      for (ULONG i = 0; i < 0x7FF0; i += 2)
        expression.Buffer[i] = L'*';
      expression.Buffer[0x7FF7] = L'b';
      for (;;)
        g_zero = FsRtlIsNameInExpression(&expression, &text, FALSE, NULL);
    }
  case 9: /* an MDL of four gigabytes */
    for (PMDL mdl = ExAllocatePool2(POOL_FLAG_NON_PAGED, 16 * MEGABYTE, TAG);;) {
      mdl->StartVa = mdl;
      mdl->ByteCount = 0xFFFFFFFF;
      MmBuildMdlForNonPagedPool(mdl);
    }
  case 10: /* probes of a million places */
    for (ULONG_PTR address = 0x10000;; address += 32)
      ProbeForRead((PVOID)address, 1, 1);
  case 11: /* a tree that changes while it is walked */
    Plant();
    g_depth = 1;
    {
      ULONG key = 100;
      RtlInsertElementGenericTableAvl(&g_tree, &key, sizeof(key), NULL);
    }
    break;
  case 12: /* a tree whose links lead in a circle */
    Plant();
    for (PRTL_BALANCED_LINKS node = g_tree.BalancedRoot.RightChild;; node = node->RightChild)
      if (!node->RightChild) {
        node->RightChild = g_tree.BalancedRoot.RightChild;
        break;
      }
    {
      ULONG key = 100;
      RtlLookupElementGenericTableAvl(&g_tree, &key);
    }
    break;
  case 13: /* views of large sections without end, each given back */
    for (ULONG i = 0; i < 400; i++) {
      LARGE_INTEGER size = {.QuadPart = (i % 64 + 1) * 0x10000};
      PVOID view = NULL;
      SIZE_T bytes = 0;
      PVOID section;
      InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
      NTSTATUS status = ZwCreateSection(&handle, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
      if (!NT_SUCCESS(status))
        return Complete(irp, status);
      ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &section, NULL);
      status = MmMapViewInSystemSpace(section, &view, &bytes);
      if (!NT_SUCCESS(status))
        return Complete(irp, status);
      *(ULONG volatile *)view = i;
      MmUnmapViewInSystemSpace(view);
      ObDereferenceObject(section);
      ZwClose(handle);
    }
    break;
  case 14: /* a view of the same section, again and again */
    {
      LARGE_INTEGER size = {.QuadPart = 0x10000};
      InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
      ZwCreateSection(&handle, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
      for (;;) {
        PVOID view = NULL;
        SIZE_T bytes = 0;
        NTSTATUS status = ZwMapViewOfSection(handle, ZwCurrentProcess(), &view, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE);
        if (!NT_SUCCESS(status))
          return Complete(irp, status);
      }
    }
  case 15: /* an exception taken that nobody raised */
    {
      static ULONG64 dispatcher[16];
      static EXCEPTION_RECORD record;
      static ULONG scopes[5] = {1, 0, 0x1000, 1, 0x10};
      dispatcher[0] = 0x10;
      dispatcher[7] = (ULONG64)scopes;
      __C_specific_handler(&record, &record, NULL, (PVOID)dispatcher);
    }
    break;
  case 16: /* an unwinding that a finally block turns into a search */
    {
      PEXCEPTION_RECORD record = NULL;
      __try {
        __try {
          *(ULONG volatile *)(ULONG_PTR)g_zero = 1;
        } __finally {
          if (record)
            record->ExceptionFlags = 0;
        }
      } __except (record = ((PEXCEPTION_POINTERS)GetExceptionInformation())->ExceptionRecord, EXCEPTION_EXECUTE_HANDLER) {
        ClearFlags(record);
      }
    }
    break;
  case 17: /* time-outs far away that never come */
    for (ULONG i = 0; i < 2000; i++) {
      KeInitializeTimer(&g_timer);
      due.QuadPart = -864000000000;
      KeSetTimer(&g_timer, due, NULL);
      KeCancelTimer(&g_timer);
    }
    break;
  case 18: /* keys made and deleted */
    for (ULONG i = 0; i < 2000; i++) {
      RtlInitUnicodeString(&name, L"\\Registry\\Machine\\Software\\Hostile");
      InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
      NTSTATUS status = ZwCreateKey(&handle, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
      if (!NT_SUCCESS(status))
        return Complete(irp, status);
      ZwDeleteKey(handle);
      ZwClose(handle);
    }
    break;
  }
  return Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(((IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, irp);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  KeCancelTimer(&g_timer);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  KeInitializeTimer(&g_timer);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
