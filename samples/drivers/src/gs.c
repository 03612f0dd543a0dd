/* What the libraries of Microsoft's driver kit add to each driver: an entry that checks the security cookie, the check at each return, the
   pointers of Control Flow Guard, and the load configuration that names them. */
#include <ntddk.h>

#define DEFAULT_COOKIE 0x00002B992DDFA232ULL
#define FAST_FAIL_STACK_COOKIE 2
#define FAST_FAIL_COOKIE_NOT_SET 6
#define GUARD_INSTRUMENTED 0x00000100

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath);

ULONG_PTR __security_cookie = DEFAULT_COOKIE;
ULONG_PTR __security_cookie_complement = ~DEFAULT_COOKIE;

void __security_check_cookie(ULONG_PTR cookie) {
  if (cookie != __security_cookie)
    __fastfail(FAST_FAIL_STACK_COOKIE);
}

static __attribute__((naked)) void GuardCheck(void) { __asm__("ret"); }
static __attribute__((naked)) void GuardDispatch(void) { __asm__("jmp *%rax"); }
void (*__guard_check_icall_fptr)(void) = GuardCheck;
void (*__guard_dispatch_icall_fptr)(void) = GuardDispatch;

/* IMAGE_LOAD_CONFIG_DIRECTORY64 up to GuardFlags. */
const struct {
  ULONG Size;
  ULONG Before[21];
  ULONG_PTR SecurityCookie;
  ULONG_PTR Handlers[2];
  ULONG_PTR GuardCheck, GuardDispatch;
  ULONG_PTR GuardTable[2];
  ULONG GuardFlags;
  ULONG After[5];
} _load_config_used = {
    .Size = sizeof(_load_config_used),
    .SecurityCookie = (ULONG_PTR)&__security_cookie,
    .GuardCheck = (ULONG_PTR)&__guard_check_icall_fptr,
    .GuardDispatch = (ULONG_PTR)&__guard_dispatch_icall_fptr,
    .GuardFlags = GUARD_INSTRUMENTED,
};

/* The loader must have replaced the cookie. */
NTSTATUS NTAPI GsDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  if (__security_cookie == 0 || __security_cookie == DEFAULT_COOKIE || __security_cookie_complement != ~__security_cookie)
    __fastfail(FAST_FAIL_COOKIE_NOT_SET);
  return DriverEntry(driver, registryPath);
}
