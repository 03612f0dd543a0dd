/* Declarations that the Windows 10 kit has and mingw-w64's ddk lacks. Names, numbers and layouts are Microsoft's public interface. */
#pragma once

/* mingw-w64 takes attributes away from compilers that define _MSC_VER; clang has them in every mode. */
#undef __attribute__

/* An import slot holds the address of the kernel's variable: the declarations below see it as Microsoft's do, without dllimport. */
extern POBJECT_TYPE *NtscopeProcessType __asm__("__imp_PsProcessType");
extern POBJECT_TYPE *NtscopeThreadType __asm__("__imp_PsThreadType");
extern POBJECT_TYPE *NtscopeFileObjectType __asm__("__imp_IoFileObjectType");
#define PsProcessType NtscopeProcessType
#define PsThreadType NtscopeThreadType
#define IoFileObjectType NtscopeFileObjectType

#define POOL_FLAG_USE_QUOTA 0x0000000000000001ULL
#define POOL_FLAG_CACHE_ALIGNED 0x0000000000000008ULL
#define POOL_FLAG_SPECIAL_POOL 0x0000000100000000ULL
#define POOL_FLAG_UNINITIALIZED 0x0000000000000002ULL
#define POOL_FLAG_RAISE_ON_FAILURE 0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED 0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ULL
#define POOL_FLAG_PAGED 0x0000000000000100ULL
typedef unsigned long long POOL_FLAGS;
#ifndef __cplusplus
int _wcsnicmp(const unsigned short *, const unsigned short *, unsigned long long);
#endif

/* mingw-w64's forgets the parentheses. */
#undef KeInitializeCallbackRecord
#define KeInitializeCallbackRecord(record) ((record)->State = BufferEmpty)

NTKERNELAPI PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

typedef enum _POOL_EXTENDED_PARAMETER_TYPE {
  PoolExtendedParameterInvalidType = 0,
  PoolExtendedParameterPriority,
  PoolExtendedParameterSecurePool,
  PoolExtendedParameterNumaNode
} POOL_EXTENDED_PARAMETER_TYPE;

typedef struct _POOL_EXTENDED_PARAMETER {
  ULONG64 Type : 8, Optional : 1, Reserved : 55;
  union {
    ULONG64 Reserved2;
    PVOID Reserved3;
    EX_POOL_PRIORITY Priority;
    ULONG PreferredNode;
  };
} POOL_EXTENDED_PARAMETER;

NTKERNELAPI PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T Bytes, ULONG Tag, const POOL_EXTENDED_PARAMETER *Parameters, ULONG Count);
/* mingw-w64 makes it another routine. */
#undef ExAllocatePoolWithQuotaTag
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTKERNELAPI NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectId, PCUNICODE_STRING *ObjectName, ULONG Flags);
NTKERNELAPI VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName);

#ifndef PROCESS_TERMINATE
#define PROCESS_TERMINATE 0x0001
#define PROCESS_VM_WRITE 0x0020
#define PROCESS_VM_OPERATION 0x0008
#endif

#define FILE_DISPOSITION_DELETE 0x00000001
#define FILE_DISPOSITION_POSIX_SEMANTICS 0x00000002
#define FILE_DISPOSITION_ON_CLOSE 0x00000008
#define FileDispositionInformationEx ((FILE_INFORMATION_CLASS)64)
#define FileRenameInformationEx ((FILE_INFORMATION_CLASS)65)

typedef struct _KEY_NAME_INFORMATION {
  ULONG NameLength;
  unsigned short Name[1];
} KEY_NAME_INFORMATION, *PKEY_NAME_INFORMATION;

typedef struct _FILE_DISPOSITION_INFORMATION_EX {
  ULONG Flags;
} FILE_DISPOSITION_INFORMATION_EX, *PFILE_DISPOSITION_INFORMATION_EX;

#if defined(_NTDDK_) || defined(_NTIFS_)
typedef enum _PSCREATEPROCESSNOTIFYTYPE { PsCreateProcessNotifySubsystems = 0 } PSCREATEPROCESSNOTIFYTYPE;
NTKERNELAPI NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType, PVOID NotifyInformation, BOOLEAN Remove);
#endif

NTSYSAPI NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, EVENT_TYPE Type, BOOLEAN InitialState);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG Length, PULONG ReturnLength);
