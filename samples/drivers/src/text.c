/* Calls the routines that handle text and memory and checks what they do: UNICODE_STRINGs, ANSI strings, numbers, memory, the C library. */
#include <ntifs.h>
#include "imported.h"

#define TAG 'txeT'
#define DEVICE L"Text"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

IMPORTED(VOID, RtlInitAnsiString, (PANSI_STRING, PCSZ));
IMPORTED(VOID, RtlInitString, (PSTRING, PCSZ));
IMPORTED(NTSTATUS, RtlInitUnicodeStringEx, (PUNICODE_STRING, PCWSTR));
IMPORTED(NTSTATUS, RtlUpcaseUnicodeString, (PUNICODE_STRING, PCUNICODE_STRING, BOOLEAN));
IMPORTED(NTSTATUS, RtlDowncaseUnicodeString, (PUNICODE_STRING, PCUNICODE_STRING, BOOLEAN));
IMPORTED(NTSTATUS, RtlDuplicateUnicodeString, (ULONG, PCUNICODE_STRING, PUNICODE_STRING));
IMPORTED(PVOID, RtlFillMemory, (PVOID, SIZE_T, UCHAR));
IMPORTED(PVOID, RtlZeroMemory, (PVOID, SIZE_T));
IMPORTED(PVOID, RtlSecureZeroMemory, (PVOID, SIZE_T));
IMPORTED(PVOID, RtlCopyMemory, (PVOID, const VOID *, SIZE_T));
IMPORTED(PVOID, RtlMoveMemory, (PVOID, const VOID *, SIZE_T));
IMPORTED(PVOID, RtlCopyMemoryNonTemporal, (PVOID, const VOID *, SIZE_T));
IMPORTED(PVOID, memmove, (PVOID, const VOID *, SIZE_T));
IMPORTED(int, memcmp, (const VOID *, const VOID *, SIZE_T));
IMPORTED(NTSTATUS, MmCopyMemory, (PVOID, PVOID, SIZE_T, ULONG, PSIZE_T));
IMPORTED(SIZE_T, strlen, (const char *));
IMPORTED(SIZE_T, strnlen, (const char *, SIZE_T));
IMPORTED(int, strcmp, (const char *, const char *));
IMPORTED(int, strncmp, (const char *, const char *, SIZE_T));
IMPORTED(int, _stricmp, (const char *, const char *));
IMPORTED(int, _strnicmp, (const char *, const char *, SIZE_T));
IMPORTED(char *, strchr, (const char *, int));
IMPORTED(char *, strstr, (const char *, const char *));
IMPORTED(int, strcpy_s, (char *, SIZE_T, const char *));
IMPORTED(int, toupper, (int));
IMPORTED(int, tolower, (int));
IMPORTED(SIZE_T, wcsnlen, (const WCHAR *, SIZE_T));
IMPORTED(int, wcscmp, (const WCHAR *, const WCHAR *));
IMPORTED(int, wcsncmp, (const WCHAR *, const WCHAR *, SIZE_T));
IMPORTED(int, _wcsicmp, (const WCHAR *, const WCHAR *));
IMPORTED(WCHAR *, wcschr, (const WCHAR *, WCHAR));
IMPORTED(WCHAR *, wcsrchr, (const WCHAR *, WCHAR));
IMPORTED(WCHAR *, wcsstr, (const WCHAR *, const WCHAR *));
IMPORTED(WCHAR *, wcscpy, (WCHAR *, const WCHAR *));
IMPORTED(WCHAR *, wcscat, (WCHAR *, const WCHAR *));
IMPORTED(int, wcsncpy_s, (WCHAR *, SIZE_T, const WCHAR *, SIZE_T));
IMPORTED(WCHAR, towupper, (WCHAR));
IMPORTED(WCHAR, towlower, (WCHAR));
IMPORTED(int, sprintf_s, (char *, SIZE_T, const char *, ...));
IMPORTED(int, _snprintf, (char *, SIZE_T, const char *, ...));
IMPORTED(int, _vsnprintf, (char *, SIZE_T, const char *, __builtin_va_list));
IMPORTED(int, _snwprintf, (WCHAR *, SIZE_T, const WCHAR *, ...));
IMPORTED(int, _vsnwprintf, (WCHAR *, SIZE_T, const WCHAR *, __builtin_va_list));
IMPORTED(int, _snwprintf_s, (WCHAR *, SIZE_T, SIZE_T, const WCHAR *, ...));
IMPORTED(ULONG, vDbgPrintExWithPrefix, (PCSZ, ULONG, ULONG, PCSZ, __builtin_va_list));

static PDEVICE_OBJECT g_device;

static ULONG Strings(void) {
  UNICODE_STRING mixed = RTL_CONSTANT_STRING(L"Mixed Case"), upper = RTL_CONSTANT_STRING(L"MIXED CASE"), lower = RTL_CONSTANT_STRING(L"mixed case"), longer = RTL_CONSTANT_STRING(L"Mixed Case!");
  UNICODE_STRING text, empty;
  WCHAR buffer[4];
  CHECK(ImportedRtlInitUnicodeStringEx(&text, L"Mixed Case") == STATUS_SUCCESS && text.Length == 20 && text.MaximumLength == 22 && RtlEqualUnicodeString(&text, &mixed, FALSE));
  CHECK(ImportedRtlInitUnicodeStringEx(&empty, NULL) == STATUS_SUCCESS && empty.Length == 0 && !empty.Buffer);
  CHECK(RtlCompareUnicodeString(&mixed, &upper, FALSE) > 0 && RtlCompareUnicodeString(&upper, &mixed, FALSE) < 0 && RtlCompareUnicodeString(&mixed, &upper, TRUE) == 0);
  CHECK(RtlCompareUnicodeString(&mixed, &longer, TRUE) == -2 && RtlCompareUnicodeString(&longer, &mixed, TRUE) == 2);
  CHECK(ImportedRtlUpcaseUnicodeString(&text, &mixed, TRUE) == STATUS_SUCCESS && RtlEqualUnicodeString(&text, &upper, FALSE));
  CHECK(ImportedRtlDowncaseUnicodeString(&text, &mixed, FALSE) == STATUS_SUCCESS && RtlEqualUnicodeString(&text, &lower, FALSE));
  RtlFreeUnicodeString(&text);
  CHECK(!text.Buffer && !text.Length);
  text.Buffer = buffer;
  text.MaximumLength = sizeof(buffer);
  CHECK(ImportedRtlUpcaseUnicodeString(&text, &mixed, FALSE) == STATUS_BUFFER_OVERFLOW);
  CHECK(ImportedRtlDuplicateUnicodeString(0, &mixed, &text) == STATUS_SUCCESS && text.Length == 20 && text.MaximumLength == 20 && text.Buffer != mixed.Buffer);
  RtlFreeUnicodeString(&text);
  CHECK(ImportedRtlDuplicateUnicodeString(1, &mixed, &text) == STATUS_SUCCESS && text.MaximumLength == 22 && text.Buffer[10] == 0);
  RtlFreeUnicodeString(&text);
  CHECK(ImportedRtlDuplicateUnicodeString(1, &empty, &text) == STATUS_SUCCESS && !text.Buffer && !text.MaximumLength);
  CHECK(ImportedRtlDuplicateUnicodeString(3, &empty, &text) == STATUS_SUCCESS && text.Buffer && text.MaximumLength == 2 && text.Buffer[0] == 0);
  RtlFreeUnicodeString(&text);
  CHECK(RtlDowncaseUnicodeChar(L'Z') == L'z' && RtlUpcaseUnicodeChar(0xE4) == 0xC4 && RtlUpcaseUnicodeChar(0xDF) == 0xDF && RtlUpcaseUnicodeChar(0xFF) == 0x178);
  return 0;
}

static ULONG AnsiStrings(void) {
  ANSI_STRING narrow, back, small;
  UNICODE_STRING wide, expected = RTL_CONSTANT_STRING(L"narrow");
  char buffer[4];
  ImportedRtlInitAnsiString(&narrow, "narrow");
  CHECK(narrow.Length == 6 && narrow.MaximumLength == 7);
  ImportedRtlInitString(&back, NULL);
  CHECK(back.Length == 0 && back.MaximumLength == 0 && !back.Buffer);
  CHECK(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE) == STATUS_SUCCESS && RtlEqualUnicodeString(&wide, &expected, FALSE) && wide.MaximumLength == 14);
  CHECK(RtlUnicodeStringToAnsiString(&back, &wide, TRUE) == STATUS_SUCCESS && back.Length == 6 && back.Buffer[6] == 0 && Importedstrcmp(back.Buffer, "narrow") == 0);
  small.Buffer = buffer;
  small.MaximumLength = sizeof(buffer);
  CHECK(RtlUnicodeStringToAnsiString(&small, &wide, FALSE) == STATUS_BUFFER_OVERFLOW);
  RtlFreeAnsiString(&back);
  RtlFreeUnicodeString(&wide);
  wide.Buffer = (PWSTR)buffer;
  wide.MaximumLength = sizeof(buffer);
  CHECK(RtlAnsiStringToUnicodeString(&wide, &narrow, FALSE) == STATUS_BUFFER_OVERFLOW);
  return 0;
}

static ULONG Numbers(void) {
  WCHAR buffer[12];
  ULONG value;
  UNICODE_STRING text = {0, sizeof(buffer), buffer}, expected = RTL_CONSTANT_STRING(L"BEEF"), decimal = RTL_CONSTANT_STRING(L"  -42abc"), hexadecimal = RTL_CONSTANT_STRING(L"0x1F"), plain = RTL_CONSTANT_STRING(L"1F");
  CHECK(RtlIntegerToUnicodeString(0xBEEF, 16, &text) == STATUS_SUCCESS && RtlEqualUnicodeString(&text, &expected, FALSE));
  CHECK(RtlIntegerToUnicodeString(4000000000, 0, &text) == STATUS_SUCCESS && text.Length == 20 && buffer[0] == L'4');
  CHECK(RtlIntegerToUnicodeString(1, 7, &text) == STATUS_INVALID_PARAMETER);
  text.MaximumLength = 4;
  CHECK(RtlIntegerToUnicodeString(1000, 10, &text) == STATUS_BUFFER_OVERFLOW);
  CHECK(RtlUnicodeStringToInteger(&decimal, 10, &value) == STATUS_SUCCESS && value == (ULONG)-42);
  CHECK(RtlUnicodeStringToInteger(&hexadecimal, 0, &value) == STATUS_SUCCESS && value == 0x1F);
  CHECK(RtlUnicodeStringToInteger(&plain, 16, &value) == STATUS_SUCCESS && value == 0x1F && RtlUnicodeStringToInteger(&plain, 0, &value) == STATUS_SUCCESS && value == 1);
  CHECK(RtlUnicodeStringToInteger(&plain, 3, &value) == STATUS_INVALID_PARAMETER);
  return 0;
}

static ULONG Memory(void) {
  UCHAR source[16], target[16];
  SIZE_T copied;
  ImportedRtlFillMemory(source, sizeof(source), 0xA5);
  CHECK(source[0] == 0xA5 && source[15] == 0xA5);
  ImportedRtlZeroMemory(target, sizeof(target));
  CHECK(target[0] == 0 && target[15] == 0);
  ImportedRtlCopyMemory(target, source, 8);
  CHECK(target[7] == 0xA5 && target[8] == 0 && Importedmemcmp(source, target, 8) == 0 && Importedmemcmp(source, target, 9) > 0);
  for (UCHAR i = 0; i < 16; i++)
    target[i] = i;
  CHECK(ImportedRtlMoveMemory(target + 2, target, 10) && target[2] == 0 && target[11] == 9 && target[12] == 12);
  CHECK(Importedmemmove(target, target + 2, 10) && target[0] == 0 && target[9] == 9);
  ImportedRtlCopyMemoryNonTemporal(target, source, 16);
  CHECK(RtlCompareMemory(target, source, 16) == 16);
  target[5] = 1;
  CHECK(RtlCompareMemory(target, source, 16) == 5);
  ImportedRtlSecureZeroMemory(target, 16);
  CHECK(target[5] == 0 && ImportedMmCopyMemory(target, source, 16, 2 /* MM_COPY_MEMORY_VIRTUAL */, &copied) == STATUS_SUCCESS && copied == 16 && target[5] == 0xA5);
  CHECK(!NT_SUCCESS(ImportedMmCopyMemory(target, (PVOID)0xFFFFFFFFFFFF0000, 16, 2, &copied)) && copied == 0);
  PHYSICAL_ADDRESS physical = MmGetPhysicalAddress(source);
  target[0] = 0;
  CHECK(ImportedMmCopyMemory(target, (PVOID)physical.QuadPart, 16, 1 /* MM_COPY_MEMORY_PHYSICAL */, &copied) == STATUS_SUCCESS && copied == 16 && target[0] == 0xA5);
  return 0;
}

static ULONG Narrow(void) {
  char buffer[8];
  const char *text = "one two";
  CHECK(Importedstrlen(text) == 7 && Importedstrnlen(text, 3) == 3 && Importedstrnlen(text, 30) == 7);
  CHECK(Importedstrcmp("a", "b") < 0 && Importedstrcmp("b", "a") > 0 && Importedstrcmp(text, "one two") == 0 && Importedstrncmp("abc", "abd", 2) == 0);
  CHECK(Imported_stricmp("ABC", "abc") == 0 && Imported_strnicmp("ABx", "aby", 2) == 0 && Imported_strnicmp("ABx", "aby", 3) < 0);
  CHECK(Importedstrchr(text, 't') == text + 4 && !Importedstrchr(text, 'x') && Importedstrchr(text, 0) == text + 7 && Importedstrstr(text, "tw") == text + 4 && !Importedstrstr(text, "three"));
  CHECK(Importedstrcpy_s(buffer, sizeof(buffer), text) == 0 && Importedstrcmp(buffer, text) == 0 && Importedstrcpy_s(buffer, 4, text) == 34 && buffer[0] == 0);
  CHECK(Importedtoupper('q') == 'Q' && Importedtolower('Q') == 'q' && Importedtoupper('1') == '1');
  return 0;
}

static ULONG Wide(void) {
  WCHAR buffer[16];
  const WCHAR *text = L"one two one";
  CHECK(Importedwcsnlen(text, 3) == 3 && Importedwcsnlen(text, 99) == 11);
  CHECK(Importedwcscmp(L"a", L"b") < 0 && Importedwcsncmp(L"abc", L"abd", 2) == 0 && Importedwcsncmp(L"abc", L"abd", 3) < 0 && Imported_wcsicmp(L"ABC", L"abc") == 0 && _wcsnicmp(L"ABx", L"aby", 2) == 0);
  CHECK(Importedwcschr(text, L'o') == text && Importedwcsrchr(text, L'o') == text + 8 && !Importedwcschr(text, L'x') && Importedwcsstr(text, L"two") == text + 4);
  CHECK(Importedwcscpy(buffer, L"one") == buffer && Importedwcscat(buffer, L"two") == buffer && Importedwcscmp(buffer, L"onetwo") == 0);
  CHECK(Importedwcsncpy_s(buffer, ARRAYSIZE(buffer), text, 3) == 0 && Importedwcscmp(buffer, L"one") == 0);
  CHECK(Importedtowupper(L'q') == L'Q' && Importedtowlower(0xC4) == 0xE4);
  return 0;
}

static __attribute__((noinline)) int PrintNarrow(char *buffer, SIZE_T size, const char *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  int length = Imported_vsnprintf(buffer, size, format, arguments);
  __builtin_va_end(arguments);
  return length;
}

static __attribute__((noinline)) int PrintWide(WCHAR *buffer, SIZE_T size, const WCHAR *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  int length = Imported_vsnwprintf(buffer, size, format, arguments);
  __builtin_va_end(arguments);
  return length;
}

static __attribute__((noinline)) void PrintPrefixed(const char *format, ...) {
  __builtin_va_list arguments;
  __builtin_va_start(arguments, format);
  ImportedvDbgPrintExWithPrefix("[text] ", DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
  __builtin_va_end(arguments);
}

static ULONG Printing(void) {
  static char much[700];
  char narrow[8];
  WCHAR wide[8];
  CHECK(Importedsprintf_s(narrow, sizeof(narrow), "%d-%x", 12, 0xAB) == 5 && Importedstrcmp(narrow, "12-ab") == 0);
  CHECK(Imported_snprintf(narrow, sizeof(narrow), "%s", "0123456789") == -1 && narrow[7] == '7');
  CHECK(PrintNarrow(narrow, sizeof(narrow), "%c%c", 'o', 'k') == 2 && Importedstrcmp(narrow, "ok") == 0);
  CHECK(Imported_snwprintf(wide, ARRAYSIZE(wide), L"%d", 1234567) == 7 && wide[6] == L'7' && wide[7] == 0);
  CHECK(PrintWide(wide, ARRAYSIZE(wide), L"%hs", "ok") == 2 && Importedwcscmp(wide, L"ok") == 0);
  CHECK(Imported_snwprintf_s(wide, ARRAYSIZE(wide), (SIZE_T)-1, L"%s", L"0123456789") == -1 && Importedwcscmp(wide, L"0123456") == 0);
  RtlFillMemory(much, sizeof(much) - 1, 'x');
  DbgPrint("%s", much);
  DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "printed %u\n", 1);
  PrintPrefixed("printed %u\n", 2);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Strings, AnsiStrings, Numbers, Memory, Narrow, Wide, Printing};

#include "checks.h"
