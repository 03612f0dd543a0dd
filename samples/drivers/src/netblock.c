/* Network blocker: connections of chosen programs, by name, or of a chosen process are blocked. An IOCTL adds a name, another one a process
   identifier, a third one forgets all. Every established connection is printed, and again when it ends. */
#include <initguid.h>
#include <ntifs.h>
#include <fwpmk.h>
#include "requests.h"

#define TAG 'lBtN'
#define MAX_NAMES 8
#define MAX_CHARACTERS 64
#define BLOCK_NAME CTL_CODE(0x8000, 0x900, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define BLOCK_PROCESS CTL_CODE(0x8000, 0x901, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define CLEAR CTL_CODE(0x8000, 0x902, METHOD_BUFFERED, FILE_ANY_ACCESS)

DEFINE_GUID(PROVIDER, 0x5d1b2c30, 0x7a11, 0x4c56, 0x91, 0x20, 0x3e, 0x5f, 0x60, 0x71, 0x82, 0x90);
DEFINE_GUID(SUBLAYER, 0x5d1b2c31, 0x7a11, 0x4c56, 0x91, 0x20, 0x3e, 0x5f, 0x60, 0x71, 0x82, 0x90);

typedef struct {
  const GUID *Layer;
  GUID Key;
  FWPS_CALLOUT_CLASSIFY_FN1 Classify;
  FWP_ACTION_TYPE Action;
  UINT32 Id;
} POINT;

typedef struct {
  LIST_ENTRY Entry;
  UINT64 Handle;
  ULONG64 Process;
  UINT32 Address;
  UINT16 Port;
} FLOW;

static PDEVICE_OBJECT g_device;
static KSPIN_LOCK g_lock;
static UNICODE_STRING g_names[MAX_NAMES];
static WCHAR g_characters[MAX_NAMES][MAX_CHARACTERS];
static ULONG g_count;
static ULONG64 g_process;
static LIST_ENTRY g_flows;
static UINT32 g_establishedId;

/* Whether a path ends in a name: \evil.exe in \device\harddiskvolume1\users\x\evil.exe. Paths of the filter engine end in a zero. */
static BOOLEAN IsNamed(const FWP_BYTE_BLOB *path, const UNICODE_STRING *name) {
  ULONG characters = path->size / sizeof(WCHAR) - 1, length = name->Length / sizeof(WCHAR);
  PCWSTR text = (PCWSTR)path->data;
  if (characters <= length || text[characters - length - 1] != L'\\')
    return FALSE;
  for (ULONG i = 0; i < length; i++) {
    WCHAR wanted = name->Buffer[i];
    if (text[characters - length + i] != (wanted >= L'A' && wanted <= L'Z' ? wanted + 32 : wanted))
      return FALSE;
  }
  return TRUE;
}

static BOOLEAN IsBlocked(const FWPS_INCOMING_METADATA_VALUES0 *metadata) {
  BOOLEAN blocked = FALSE;
  KLOCK_QUEUE_HANDLE queued;
  KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
  if (FWPS_IS_METADATA_FIELD_PRESENT(metadata, FWPS_METADATA_FIELD_PROCESS_ID))
    blocked = g_process && metadata->processId == g_process;
  if (FWPS_IS_METADATA_FIELD_PRESENT(metadata, FWPS_METADATA_FIELD_PROCESS_PATH))
    for (ULONG i = 0; i < g_count && !blocked; i++)
      blocked = IsNamed(metadata->processPath, &g_names[i]);
  KeReleaseInStackQueuedSpinLock(&queued);
  return blocked;
}

static VOID NTAPI Authorize(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, PVOID data, const VOID *classifyContext,
                            const FWPS_FILTER1 *filter, UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(classifyContext);
  UNREFERENCED_PARAMETER(filter);
  UNREFERENCED_PARAMETER(flowContext);
  if (!(out->rights & FWPS_RIGHT_ACTION_WRITE))
    return;
  if (!IsBlocked(metadata)) {
    out->actionType = FWP_ACTION_PERMIT;
    return;
  }
  out->actionType = FWP_ACTION_BLOCK;
  out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
  DbgPrint("netblock: process %u is blocked at layer %u\n", (ULONG)metadata->processId, values->layerId);
}

static VOID Forget(FLOW *flow) {
  KLOCK_QUEUE_HANDLE queued;
  KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
  RemoveEntryList(&flow->Entry);
  KeReleaseInStackQueuedSpinLock(&queued);
  ExFreePoolWithTag(flow, TAG);
}

static VOID NTAPI Established(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, PVOID data, const VOID *classifyContext,
                              const FWPS_FILTER1 *filter, UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(classifyContext);
  UNREFERENCED_PARAMETER(filter);
  UNREFERENCED_PARAMETER(flowContext);
  UNREFERENCED_PARAMETER(out);
  const FWPS_INCOMING_VALUE0 *fields = values->incomingValue;
  FLOW *flow = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*flow), TAG);
  if (!flow)
    return;
  KLOCK_QUEUE_HANDLE queued;
  flow->Handle = metadata->flowHandle;
  flow->Process = metadata->processId;
  flow->Address = fields[FWPS_FIELD_ALE_FLOW_ESTABLISHED_V4_IP_REMOTE_ADDRESS].value.uint32;
  flow->Port = fields[FWPS_FIELD_ALE_FLOW_ESTABLISHED_V4_IP_REMOTE_PORT].value.uint16;
  DbgPrint("netblock: process %u and %u.%u.%u.%u:%u, %s\n", (ULONG)flow->Process, flow->Address >> 24, (flow->Address >> 16) & 0xFF, (flow->Address >> 8) & 0xFF,
           flow->Address & 0xFF, flow->Port, fields[FWPS_FIELD_ALE_FLOW_ESTABLISHED_V4_DIRECTION].value.uint32 == FWP_DIRECTION_INBOUND ? "inbound" : "outbound");
  KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
  InsertTailList(&g_flows, &flow->Entry);
  KeReleaseInStackQueuedSpinLock(&queued);
  if (!NT_SUCCESS(FwpsFlowAssociateContext0(flow->Handle, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, g_establishedId, (UINT64)flow)))
    Forget(flow);
}

static VOID NTAPI FlowEnds(UINT16 layer, UINT32 callout, UINT64 context) {
  UNREFERENCED_PARAMETER(layer);
  UNREFERENCED_PARAMETER(callout);
  FLOW *flow = (FLOW *)context;
  DbgPrint("netblock: the connection of process %u with port %u ends\n", (ULONG)flow->Process, flow->Port);
  Forget(flow);
}

/* A callout that keeps contexts for flows cannot be unregistered. */
static VOID RemoveContexts(void) {
  for (;;) {
    KLOCK_QUEUE_HANDLE queued;
    KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
    UINT64 handle = IsListEmpty(&g_flows) ? 0 : CONTAINING_RECORD(g_flows.Flink, FLOW, Entry)->Handle;
    KeReleaseInStackQueuedSpinLock(&queued);
    if (!handle || !NT_SUCCESS(FwpsFlowRemoveContext0(handle, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, g_establishedId)))
      return;
  }
}

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter) {
  UNREFERENCED_PARAMETER(type);
  UNREFERENCED_PARAMETER(key);
  UNREFERENCED_PARAMETER(filter);
  return STATUS_SUCCESS;
}

#define KEY(n) {0x5d1b2c32 + n, 0x7a11, 0x4c56, {0x91, 0x20, 0x3e, 0x5f, 0x60, 0x71, 0x82, 0x90}}
static POINT g_points[] = {
    {&FWPM_LAYER_ALE_AUTH_CONNECT_V4, KEY(0), Authorize, FWP_ACTION_CALLOUT_TERMINATING},
    {&FWPM_LAYER_ALE_AUTH_CONNECT_V6, KEY(1), Authorize, FWP_ACTION_CALLOUT_TERMINATING},
    {&FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, KEY(2), Authorize, FWP_ACTION_CALLOUT_TERMINATING},
    {&FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V6, KEY(3), Authorize, FWP_ACTION_CALLOUT_TERMINATING},
    {&FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4, KEY(4), Established, FWP_ACTION_CALLOUT_INSPECTION},
};

static VOID UnregisterCallouts(void) {
  for (ULONG i = 0; i < ARRAYSIZE(g_points); i++)
    if (g_points[i].Id)
      FwpsCalloutUnregisterById0(g_points[i].Id);
}

static NTSTATUS RegisterCallouts(void) {
  for (ULONG i = 0; i < ARRAYSIZE(g_points); i++) {
    FWPS_CALLOUT1 callout = {.calloutKey = g_points[i].Key, .classifyFn = g_points[i].Classify, .notifyFn = Notify, .flowDeleteFn = FlowEnds};
    NTSTATUS status = FwpsCalloutRegister1(g_device, &callout, &g_points[i].Id);
    if (!NT_SUCCESS(status))
      return status;
  }
  g_establishedId = g_points[ARRAYSIZE(g_points) - 1].Id;
  return STATUS_SUCCESS;
}

/* One callout and one filter for each point, in the transaction of a session. */
static NTSTATUS AddFilters(HANDLE engine) {
  FWPM_PROVIDER0 provider = {.providerKey = PROVIDER, .displayData = {L"Network blocker", NULL}};
  FWPM_SUBLAYER0 sublayer = {.subLayerKey = SUBLAYER, .displayData = {L"Network blocker", NULL}, .providerKey = (GUID *)&PROVIDER, .weight = 0x9000};
  NTSTATUS status = FwpmProviderAdd0(engine, &provider, NULL);
  if (NT_SUCCESS(status))
    status = FwpmSubLayerAdd0(engine, &sublayer, NULL);
  for (ULONG i = 0; i < ARRAYSIZE(g_points) && NT_SUCCESS(status); i++) {
    FWPM_CALLOUT0 callout = {.calloutKey = g_points[i].Key, .displayData = {L"Network blocker", NULL}, .providerKey = (GUID *)&PROVIDER, .applicableLayer = *g_points[i].Layer};
    FWPM_FILTER0 filter = {.displayData = {L"Network blocker", NULL}, .providerKey = (GUID *)&PROVIDER, .layerKey = *g_points[i].Layer, .subLayerKey = SUBLAYER};
    filter.action.type = g_points[i].Action;
    filter.action.calloutKey = g_points[i].Key;
    status = FwpmCalloutAdd0(engine, &callout, NULL, NULL);
    if (NT_SUCCESS(status))
      status = FwpmFilterAdd0(engine, &filter, NULL, NULL);
  }
  return status;
}

static HANDLE g_engine;

static NTSTATUS OpenEngine(void) {
  FWPM_SESSION0 session = {.flags = FWPM_SESSION_FLAG_DYNAMIC};
  NTSTATUS status = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &g_engine);
  if (!NT_SUCCESS(status))
    return status;
  status = FwpmTransactionBegin0(g_engine, 0);
  if (NT_SUCCESS(status)) {
    status = AddFilters(g_engine);
    if (NT_SUCCESS(status))
      status = FwpmTransactionCommit0(g_engine);
    else
      FwpmTransactionAbort0(g_engine);
  }
  if (!NT_SUCCESS(status))
    FwpmEngineClose0(g_engine);
  return status;
}

static NTSTATUS AddName(PVOID text, ULONG bytes) {
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  KLOCK_QUEUE_HANDLE queued;
  if (bytes == 0 || bytes > MAX_CHARACTERS * sizeof(WCHAR) || bytes % sizeof(WCHAR))
    return STATUS_INVALID_PARAMETER;
  KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
  if (g_count < MAX_NAMES) {
    RtlCopyMemory(g_characters[g_count], text, bytes);
    g_names[g_count].Buffer = g_characters[g_count];
    g_names[g_count].Length = g_names[g_count].MaximumLength = (USHORT)bytes;
    g_count++;
    status = STATUS_SUCCESS;
  }
  KeReleaseInStackQueuedSpinLock(&queued);
  return status;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  PVOID buffer = irp->AssociatedIrp.SystemBuffer;
  ULONG bytes = location->Parameters.DeviceIoControl.InputBufferLength;
  KLOCK_QUEUE_HANDLE queued;
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
  case BLOCK_NAME:
    return Complete(irp, AddName(buffer, bytes));
  case BLOCK_PROCESS:
    if (bytes < sizeof(ULONG))
      return Complete(irp, STATUS_BUFFER_TOO_SMALL);
    g_process = *(ULONG *)buffer;
    return Complete(irp, STATUS_SUCCESS);
  case CLEAR:
    KeAcquireInStackQueuedSpinLock(&g_lock, &queued);
    g_count = 0;
    g_process = 0;
    KeReleaseInStackQueuedSpinLock(&queued);
    return Complete(irp, STATUS_SUCCESS);
  }
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\NetBlock");
  FwpmEngineClose0(g_engine);
  RemoveContexts();
  UnregisterCallouts();
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
  UNREFERENCED_PARAMETER(registryPath);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\NetBlock"), link = RTL_CONSTANT_STRING(L"\\??\\NetBlock");
  KeInitializeSpinLock(&g_lock);
  InitializeListHead(&g_flows);
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &g_device);
  if (!NT_SUCCESS(status))
    return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (NT_SUCCESS(status)) {
    status = RegisterCallouts();
    if (NT_SUCCESS(status))
      status = OpenEngine();
    if (!NT_SUCCESS(status)) {
      UnregisterCallouts();
      IoDeleteSymbolicLink(&link);
    }
  }
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(g_device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
  driver->DriverUnload = Unload;
  return STATUS_SUCCESS;
}
