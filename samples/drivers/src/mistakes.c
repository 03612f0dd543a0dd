/* Mistakes by number, of what drivers use more rarely: a control code commits one of them, and what it leaves behind shows at unload. */
#include <initguid.h>
#include <ntifs.h>
#include <fwpmk.h>
#include "requests.h"

#define TAG 'tsiM'
#define DEVICE L"Mistakes"

NTKERNELAPI VOID NTAPI PsReturnPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);

static PDEVICE_OBJECT g_device;

/* --- a cancel-safe queue --- */

static IO_CSQ g_queue;
static LIST_ENTRY g_queued;
static KSPIN_LOCK g_lock;

static VOID NTAPI Insert(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  InsertTailList(&g_queued, &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI Remove(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI Peek(PIO_CSQ queue, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(irp);
  UNREFERENCED_PARAMETER(context);
  return NULL;
}

static VOID NTAPI Acquire(PIO_CSQ queue, PKIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeAcquireSpinLock(&g_lock, level);
}

static VOID NTAPI Release(PIO_CSQ queue, KIRQL level) {
  UNREFERENCED_PARAMETER(queue);
  KeReleaseSpinLock(&g_lock, level);
}

static VOID NTAPI Cancelled(PIO_CSQ queue, PIRP irp) {
  UNREFERENCED_PARAMETER(queue);
  Complete(irp, STATUS_CANCELLED);
}

NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC, PVOID, ULONG, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC, PVOID, PVOID, KPRIORITY);

static KAPC g_apc;

static VOID NTAPI OnApc(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *first, PVOID *second) {
  UNREFERENCED_PARAMETER(apc);
  UNREFERENCED_PARAMETER(normal);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
}

static VOID NTAPI OnNormal(PVOID context, PVOID first, PVOID second) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(first);
  UNREFERENCED_PARAMETER(second);
}

/* --- registrations --- */

static KBUGCHECK_CALLBACK_RECORD g_record, *g_allocated;
static PVOID g_handle;

static VOID NTAPI OnBugCheck(PVOID buffer, ULONG length) {
  UNREFERENCED_PARAMETER(buffer);
  UNREFERENCED_PARAMETER(length);
}

static VOID NTAPI TouchNothing(PVOID buffer, ULONG length) {
  UNREFERENCED_PARAMETER(length);
  *(volatile UCHAR *)buffer = 1;
}

static NTSTATUS NTAPI OnSession(PLUID session) {
  UNREFERENCED_PARAMETER(session);
  return STATUS_SUCCESS;
}

static VOID NTAPI OnFileSystem(PDEVICE_OBJECT device, BOOLEAN active) {
  UNREFERENCED_PARAMETER(device);
  UNREFERENCED_PARAMETER(active);
}

static NTSTATUS NTAPI OnPower(LPCGUID setting, PVOID value, ULONG length, PVOID context) {
  UNREFERENCED_PARAMETER(setting);
  UNREFERENCED_PARAMETER(value);
  UNREFERENCED_PARAMETER(length);
  UNREFERENCED_PARAMETER(context);
  return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnDevice(PVOID notification, PVOID context) {
  UNREFERENCED_PARAMETER(notification);
  UNREFERENCED_PARAMETER(context);
  return STATUS_SUCCESS;
}

/* --- network filters --- */

static const GUID g_calloutKey = {0x77e00001, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static HANDLE g_engine;
static UINT32 g_calloutId;
static ULONG g_mistake;

static VOID NTAPI Classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, PVOID data, const VOID *classifyContext,
                           const FWPS_FILTER1 *filter, UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(classifyContext);
  UNREFERENCED_PARAMETER(filter);
  UNREFERENCED_PARAMETER(flowContext);
  if (g_mistake == 15)
    FwpsFlowAssociateContext0(metadata->flowHandle, values->layerId, g_calloutId, 1);
  else if (g_mistake == 14)
    out->actionType = FWP_ACTION_CONTINUE;
  else
    out->actionType = FWP_ACTION_PERMIT;
}

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter) {
  UNREFERENCED_PARAMETER(type);
  UNREFERENCED_PARAMETER(key);
  UNREFERENCED_PARAMETER(filter);
  return STATUS_SUCCESS;
}

static VOID NTAPI FlowEnds(UINT16 layer, UINT32 callout, UINT64 context) {
  UNREFERENCED_PARAMETER(layer);
  UNREFERENCED_PARAMETER(callout);
  UNREFERENCED_PARAMETER(context);
}

/* A callout and a filter for it; before it a filter with a final permit, for the mistake that is about it. */
static VOID Filter(ULONG mistake) {
  const GUID *layer = mistake == 15 ? &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4 : &FWPM_LAYER_ALE_AUTH_CONNECT_V4;
  FWPS_CALLOUT1 run = {.calloutKey = g_calloutKey, .classifyFn = Classify, .notifyFn = Notify, .flowDeleteFn = FlowEnds};
  FWPM_CALLOUT0 callout = {.calloutKey = g_calloutKey, .displayData = {L"mistake", NULL}, .applicableLayer = *layer};
  FWPM_SUBLAYER0 sublayer = {.subLayerKey = g_calloutKey, .displayData = {L"mistake", NULL}, .weight = 1};
  FWPM_FILTER0 filter = {.displayData = {L"mistake", NULL}, .layerKey = *layer, .subLayerKey = g_calloutKey};
  FWPM_FILTER0 final = {.displayData = {L"mistake", NULL}, .layerKey = *layer, .flags = FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT, .action.type = FWP_ACTION_PERMIT};
  g_mistake = mistake;
  filter.action.type = mistake == 15 ? FWP_ACTION_CALLOUT_INSPECTION : FWP_ACTION_CALLOUT_TERMINATING;
  filter.action.calloutKey = g_calloutKey;
  FwpsCalloutRegister1(g_device, &run, &g_calloutId);
  FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &g_engine);
  FwpmSubLayerAdd0(g_engine, &sublayer, NULL);
  FwpmCalloutAdd0(g_engine, &callout, NULL, NULL);
  FwpmFilterAdd0(g_engine, &filter, NULL, NULL);
  if (mistake == 13)
    FwpmFilterAdd0(g_engine, &final, NULL, NULL);
}

static NTSTATUS Misbehave(ULONG mistake, PIRP irp) {
  switch (mistake) {
  case 0: /* an IRP is queued, and the dispatch routine does not say that it is pending */
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_SUCCESS;
  case 1: /* an IRP stays in the queue when the driver goes */
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_PENDING;
  case 2: /* a queue that was not initialised */
    RtlZeroMemory(&g_queue, sizeof(g_queue));
    IoCsqInsertIrp(&g_queue, irp, NULL);
    return STATUS_PENDING;
  case 3: /* registrations are left behind */
    KeInitializeCallbackRecord(&g_record);
    KeRegisterBugCheckCallback(&g_record, OnBugCheck, NULL, 0, (PUCHAR)"mistakes");
    SeRegisterLogonSessionTerminatedRoutine(OnSession);
    IoRegisterFsRegistrationChange(g_device->DriverObject, OnFileSystem);
    PoRegisterPowerSettingCallback(g_device, &GUID_ACDC_POWER_SOURCE, OnPower, NULL, &g_handle);
    IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, NULL, g_device->DriverObject, OnDevice, NULL, &g_handle);
    return Complete(irp, STATUS_SUCCESS);
  case 4: /* the record of a bug-check callback is freed while it is registered */
    g_allocated = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*g_allocated), TAG);
    KeRegisterBugCheckCallback(g_allocated, OnBugCheck, NULL, 0, (PUCHAR)"mistakes");
    ExFreePoolWithTag(g_allocated, TAG);
    KeBugCheck(MANUALLY_INITIATED_CRASH);
  case 5: /* a bug-check callback makes a mistake of its own */
    KeInitializeCallbackRecord(&g_record);
    KeRegisterBugCheckCallback(&g_record, TouchNothing, (PVOID)0x10, 1, (PUCHAR)"mistakes");
    KeBugCheck(MANUALLY_INITIATED_CRASH);
  case 6: /* told of the shutdown, without a routine for it */
    IoRegisterShutdownNotification(g_device);
    return Complete(irp, STATUS_SUCCESS);
  case 7: /* something that is no registration is taken out */
    PoUnregisterPowerSettingCallback(&g_handle);
    return Complete(irp, STATUS_SUCCESS);
  case 8: /* more quota is asked for than there is, and the exception not handled */
    for (;;)
      ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 0x4000, TAG);
  case 9: { /* pool that may not hold code is run */
    PUCHAR code = ExAllocatePool2(POOL_FLAG_NON_PAGED, 1, TAG);
    *code = 0xC3;
    ((VOID(*)(void))code)();
    break;
  }
  case 10: /* more quota is given back than was taken */
    PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 1);
    break;
  case 11: /* a flag that does not exist is required */
    ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x10000, 16, TAG);
    return Complete(irp, STATUS_SUCCESS);
  case 12: /* a callout, its filter and the handle of the engine are left behind */
  case 13: /* a callout permits what was decided finally */
  case 14: /* a callout that has to decide does not */
  case 15: /* a callout goes while it keeps something for a flow */
    Filter(mistake);
    return Complete(irp, STATUS_SUCCESS);
  case 16: /* an APC is still queued when the driver goes */
    KeInitializeApc(&g_apc, PsGetCurrentThread(), 0, OnApc, NULL, OnNormal, UserMode, NULL);
    KeInsertQueueApc(&g_apc, NULL, NULL, 0);
    return Complete(irp, STATUS_SUCCESS);
  case 17: /* an APC that was not initialised */
    KeInsertQueueApc(&g_apc, NULL, NULL, 0);
    return Complete(irp, STATUS_SUCCESS);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Misbehave(((IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFFF) - 0xB00, irp);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  InitializeListHead(&g_queued);
  KeInitializeSpinLock(&g_lock);
  IoCsqInitialize(&g_queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return IoCreateSymbolicLink(&link, &name);
}
