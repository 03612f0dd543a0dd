/* What the driver kit's library adds to each driver of the Kernel-Mode Driver Framework: an entry that binds the driver to the framework
   before DriverEntry runs, and an unload routine that unbinds it afterwards. */
#include <wdf.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath);

/* Drivers of up to 1.13 have the functions copied to a table of their own, later ones get a pointer to the framework's. */
#ifdef KMDF_1_9
#define MINOR 9
#define COUNT 396
static WDFFUNC g_functions[COUNT];
#define TABLE g_functions
const WDFFUNC *WdfFunctions = g_functions;
#else
#define MINOR 31
#define COUNT WDF_FUNCTION_COUNT
#define TABLE (WDFFUNC *)&WdfFunctions
const WDFFUNC *WdfFunctions;
#endif
PWDF_DRIVER_GLOBALS WdfDriverGlobals;

static WDF_BIND_INFO g_info = {
    .Size = sizeof(g_info),
    .Component = L"KmdfLibrary",
    .Version = {1, MINOR, 0},
    .FuncCount = COUNT,
    .FuncTable = TABLE,
};
static WCHAR g_path[260];
static UNICODE_STRING g_registryPath = {0, sizeof(g_path), g_path};
static PDRIVER_UNLOAD g_unload;

static VOID Unbind(VOID) { WdfVersionUnbind(&g_registryPath, &g_info, WdfDriverGlobals); }

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  if (g_unload)
    g_unload(driver);
  Unbind();
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  RtlCopyUnicodeString(&g_registryPath, registryPath);
  NTSTATUS status = WdfVersionBind(driver, registryPath, &g_info, &WdfDriverGlobals);
  if (!NT_SUCCESS(status))
    return status;
  status = DriverEntry(driver, registryPath);
  if (!NT_SUCCESS(status)) {
    Unbind();
    return status;
  }
  if (WdfDriverGlobals->DisplaceDriverUnload) {
    g_unload = driver->DriverUnload;
    driver->DriverUnload = Unload;
  }
  return STATUS_SUCCESS;
}
