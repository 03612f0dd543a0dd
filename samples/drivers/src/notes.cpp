/* A driver as the driver kit's C++ compiler makes them: classes that lock and free by themselves, stack cookies, guarded indirect calls,
   assertions, exceptions with filters, and an entry of its own (gs.c). It keeps short notes by name. */
extern "C" {
#include <ntddk.h>
#include "requests.h"
}

#define NOTES_TAG 'etoN'
#define IOCTL_NOTES_ADD (ULONG)CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOTES_FIND (ULONG)CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOTES_READ_USER (ULONG)CTL_CODE(0x8000, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_NOTES_ASSERT (ULONG)CTL_CODE(0x8000, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOTES_SMASH (ULONG)CTL_CODE(0x8000, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)

extern "C" int _snwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, ...);

void *operator new(size_t size, POOL_FLAGS flags) noexcept { return ExAllocatePool2(flags, size, NOTES_TAG); }
void operator delete(void *memory) noexcept { ExFreePoolWithTag(memory, NOTES_TAG); }
void operator delete(void *memory, size_t) noexcept { ExFreePoolWithTag(memory, NOTES_TAG); }

struct FastMutex {
  FAST_MUTEX Mutex;
  void Init() { ExInitializeFastMutex(&Mutex); }
  void Lock() { ExAcquireFastMutex(&Mutex); }
  void Unlock() { ExReleaseFastMutex(&Mutex); }
};

template <typename TLock> struct Locker {
  explicit Locker(TLock &lock) : m_Lock(lock) { m_Lock.Lock(); }
  ~Locker() { m_Lock.Unlock(); }
  Locker(const Locker &) = delete;

private:
  TLock &m_Lock;
};

struct Note {
  LIST_ENTRY Link;
  WCHAR Name[16];
  WCHAR Text[32];
  virtual ULONG Score() const { return (ULONG)wcsnlen(Text, 32); }
  virtual ~Note() {}
};

struct LoudNote final : Note {
  ULONG Score() const override { return Note::Score() * 2; }
};

struct NOTE_REQUEST {
  WCHAR Name[16];
  WCHAR Text[32];
};

struct Globals {
  LIST_ENTRY Notes;
  FastMutex Lock;
  LONG Exceptions;
  LONG Finallies;
};

static Globals g_Globals;

static NTSTATUS AddNote(const NOTE_REQUEST &request) {
  if (wcsnlen(request.Name, 16) == 16 || wcsnlen(request.Text, 32) == 32)
    return STATUS_INVALID_PARAMETER;
  Note *note = request.Text[0] == L'!' ? new (POOL_FLAG_PAGED) LoudNote : new (POOL_FLAG_PAGED) Note;
  if (!note)
    return STATUS_INSUFFICIENT_RESOURCES;
  wcscpy_s(note->Name, 16, request.Name);
  wcscpy_s(note->Text, 32, request.Text);
  Locker locker(g_Globals.Lock);
  InsertTailList(&g_Globals.Notes, &note->Link);
  return STATUS_SUCCESS;
}

/* Answers with text that is made in a buffer on the stack, which has a cookie behind it. */
static NTSTATUS FindNote(NOTE_REQUEST *request) {
  WCHAR answer[48];
  Locker locker(g_Globals.Lock);
  for (PLIST_ENTRY entry = g_Globals.Notes.Flink; entry != &g_Globals.Notes; entry = entry->Flink) {
    Note *note = CONTAINING_RECORD(entry, Note, Link);
    if (wcscmp(note->Name, request->Name) == 0) {
      _snwprintf_s(answer, 48, 47, L"%s (%u)", note->Text, note->Score());
      wcscpy_s(request->Text, 32, answer);
      return STATUS_SUCCESS;
    }
  }
  return STATUS_NOT_FOUND;
}

static LONG Filter(ULONG code, PEXCEPTION_POINTERS pointers) {
  InterlockedIncrement(&g_Globals.Exceptions);
  return code == (ULONG)STATUS_ACCESS_VIOLATION && pointers->ExceptionRecord->NumberParameters == 2 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static __attribute__((noinline)) ULONG Sum(const UCHAR *bytes, ULONG length) {
  ULONG sum = 0;
  for (ULONG i = 0; i < length; i++)
    sum += bytes[i];
  return sum;
}

static NTSTATUS ReadUser(PVOID buffer, ULONG length, PULONG_PTR sum) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    __try {
      ProbeForRead(buffer, length, 1);
      *sum = Sum((const UCHAR *)buffer, length);
    } __finally {
      InterlockedIncrement(&g_Globals.Finallies);
    }
  } __except (Filter(GetExceptionCode(), GetExceptionInformation())) {
    status = GetExceptionCode();
  }
  return status;
}

static __attribute__((noinline)) void Fill(volatile UCHAR *bytes, ULONG length) {
  for (ULONG i = 0; i < length; i++)
    bytes[i] = 'x';
}

static __attribute__((noinline)) void Smash(ULONG length) {
  UCHAR local[32];
  Fill(local, length);
}

static NTSTATUS NTAPI OnControl(PDEVICE_OBJECT, PIRP irp) {
  auto location = IoGetCurrentIrpStackLocation(irp);
  auto &control = location->Parameters.DeviceIoControl;
  auto request = static_cast<NOTE_REQUEST *>(irp->AssociatedIrp.SystemBuffer);
  ULONG_PTR sum = 0;
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (control.IoControlCode) {
  case IOCTL_NOTES_ADD:
    return Complete(irp, control.InputBufferLength < sizeof(NOTE_REQUEST) ? STATUS_BUFFER_TOO_SMALL : AddNote(*request));
  case IOCTL_NOTES_FIND:
    if (control.InputBufferLength < sizeof(NOTE_REQUEST) || control.OutputBufferLength < sizeof(NOTE_REQUEST))
      return Complete(irp, STATUS_BUFFER_TOO_SMALL);
    status = FindNote(request);
    return CompleteWith(irp, status, NT_SUCCESS(status) ? sizeof(NOTE_REQUEST) : 0);
  case IOCTL_NOTES_READ_USER:
    status = ReadUser(control.Type3InputBuffer, control.InputBufferLength, &sum);
    DbgPrint("notes: sum %Iu, status 0x%08X, %d exceptions, %d termination handlers\n", sum, status, g_Globals.Exceptions, g_Globals.Finallies);
    return CompleteWith(irp, status, 0);
  case IOCTL_NOTES_ASSERT:
    NT_ASSERT(control.InputBufferLength == 0);
    return Complete(irp, STATUS_SUCCESS);
  case IOCTL_NOTES_SMASH:
    Smash(control.InputBufferLength);
    return Complete(irp, STATUS_SUCCESS);
  }
  return Complete(irp, status);
}

static VOID NTAPI OnUnload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Notes");
  IoDeleteSymbolicLink(&link);
  while (!IsListEmpty(&g_Globals.Notes))
    delete CONTAINING_RECORD(RemoveHeadList(&g_Globals.Notes), Note, Link);
  IoDeleteDevice(driver->DeviceObject);
}

extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Notes"), link = RTL_CONSTANT_STRING(L"\\??\\Notes");
  PDEVICE_OBJECT device = nullptr;
  InitializeListHead(&g_Globals.Notes);
  g_Globals.Lock.Init();
  auto status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnControl;
  driver->DriverUnload = OnUnload;
  return status;
}
