/* How the samples that check files open, make and look for them. */
#pragma once

typedef union {
  FILE_STANDARD_INFORMATION Standard;
  FILE_BASIC_INFORMATION Basic;
  FILE_INTERNAL_INFORMATION Internal;
  FILE_NETWORK_OPEN_INFORMATION NetworkOpen;
  FILE_ATTRIBUTE_TAG_INFORMATION Tag;
  FILE_POSITION_INFORMATION Position;
  FILE_END_OF_FILE_INFORMATION End;
  FILE_ALLOCATION_INFORMATION Allocation;
  FILE_NAME_INFORMATION Name;
  FILE_STREAM_INFORMATION Stream;
  FILE_RENAME_INFORMATION Rename;
  FILE_DISPOSITION_INFORMATION Disposition;
  FILE_BOTH_DIR_INFORMATION Entry;
  ULONG Flags;
  UCHAR Bytes[512];
} INFORMATION;

static inline NTSTATUS Open(PCWSTR path, HANDLE root, ACCESS_MASK access, ULONG disposition, ULONG options, HANDLE *handle) {
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK block;
  RtlInitUnicodeString(&name, path);
  InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
  return ZwCreateFile(handle, access | SYNCHRONIZE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, disposition,
                      options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static inline NTSTATUS Make(PCWSTR path, HANDLE *handle) { return Open(path, NULL, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE, handle); }

static inline BOOLEAN Exists(PCWSTR path) {
  HANDLE handle;
  if (!NT_SUCCESS(Open(path, NULL, GENERIC_READ, FILE_OPEN, 0, &handle)))
    return FALSE;
  ZwClose(handle);
  return TRUE;
}
