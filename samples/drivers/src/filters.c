/* Calls routines of the filtering platform and checks what they do; the last groups leave filters for connections to be tried against. */
#include <initguid.h>
#include <ntifs.h>
#include <fwpmk.h>

#define DEVICE L"Filters"
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

DEFINE_GUID(PROVIDER, 0x1f2e3d40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_GUID(HIGH, 0x1f2e3d41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_GUID(LOW, 0x1f2e3d42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_GUID(CALLOUT, 0x1f2e3d43, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_GUID(VETO, 0x1f2e3d44, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
DEFINE_GUID(NAMED, 0x1f2e3d45, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

static PDEVICE_OBJECT g_device;
static HANDLE g_engine;
static UINT32 g_callout, g_veto;
static LONG g_added, g_deleted;
static NTSTATUS g_answer;

static VOID NTAPI Decide(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, PVOID data, const VOID *classifyContext,
                         const FWPS_FILTER1 *filter, UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out) {
  UNREFERENCED_PARAMETER(metadata);
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(classifyContext);
  UNREFERENCED_PARAMETER(flowContext);
  const FWPS_INCOMING_VALUE0 *fields = values->incomingValue;
  const FWP_VALUE0 *local = &fields[FWPS_FIELD_ALE_AUTH_CONNECT_V6_IP_LOCAL_ADDRESS].value;
  DbgPrint("filters: layer %u, %u fields, local %02x.%02x, protocol %u, flags %x, path type %u, context %x\n", values->layerId, values->valueCount,
           local->byteArray16->byteArray16[0], local->byteArray16->byteArray16[15], fields[FWPS_FIELD_ALE_AUTH_CONNECT_V6_IP_PROTOCOL].value.uint8,
           fields[FWPS_FIELD_ALE_AUTH_CONNECT_V6_FLAGS].value.uint32, fields[FWPS_FIELD_ALE_AUTH_CONNECT_V6_ALE_APP_ID].value.type, (ULONG)filter->context);
  out->actionType = FWP_ACTION_PERMIT;
}

/* The first form of a callout, which says no whatever was decided. */
static VOID NTAPI Veto(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, PVOID data, const FWPS_FILTER0 *filter,
                       UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out) {
  UNREFERENCED_PARAMETER(values);
  UNREFERENCED_PARAMETER(metadata);
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(filter);
  UNREFERENCED_PARAMETER(flowContext);
  out->actionType = FWP_ACTION_BLOCK;
  out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
}

static NTSTATUS NTAPI Notify(FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, FWPS_FILTER1 *filter) {
  if (type == FWPS_CALLOUT_NOTIFY_ADD_FILTER && key && filter->action.calloutId)
    g_added++;
  if (type == FWPS_CALLOUT_NOTIFY_DELETE_FILTER && !key)
    g_deleted++;
  return type == FWPS_CALLOUT_NOTIFY_ADD_FILTER ? g_answer : STATUS_SUCCESS;
}

static FWPM_FILTER0 NewFilter(const GUID *layer, const GUID *sublayer, FWP_ACTION_TYPE action, UINT8 *weight) {
  FWPM_FILTER0 filter = {.displayData = {L"filter", NULL}, .layerKey = *layer, .subLayerKey = *sublayer};
  filter.action.type = action;
  filter.weight.type = weight ? FWP_UINT8 : FWP_EMPTY;
  filter.weight.uint8 = weight ? *weight : 0;
  return filter;
}

static ULONG Engine(void) {
  HANDLE engine, other;
  UINT32 id = 0, same = 0;
  UINT64 filterId = 0;
  FWPM_SESSION0 dynamic = {.flags = FWPM_SESSION_FLAG_DYNAMIC};
  FWPM_PROVIDER0 provider = {.providerKey = PROVIDER, .displayData = {L"provider", NULL}};
  FWPM_SUBLAYER0 sublayer = {.subLayerKey = HIGH, .displayData = {L"sublayer", NULL}, .providerKey = (GUID *)&PROVIDER};
  FWPS_CALLOUT1 run = {.calloutKey = CALLOUT, .classifyFn = Decide, .notifyFn = Notify};
  FWPM_CALLOUT0 callout = {.calloutKey = CALLOUT, .displayData = {L"callout", NULL}, .applicableLayer = FWPM_LAYER_ALE_AUTH_CONNECT_V4};
  FWPM_FILTER0 filter = NewFilter(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_CALLOUT_UNKNOWN, NULL);
  filter.action.calloutKey = CALLOUT;
  g_answer = STATUS_SUCCESS;
  g_added = g_deleted = 0;
  CHECK(FwpmEngineOpen0(NULL, RPC_C_AUTHN_DEFAULT, NULL, NULL, &engine) == STATUS_SUCCESS);
  CHECK(FwpmEngineOpen0(NULL, RPC_C_AUTHN_DEFAULT, NULL, &dynamic, &other) == STATUS_SUCCESS && other != engine);
  /* what objects refer to has to be there */
  CHECK(FwpmSubLayerAdd0(engine, &sublayer, NULL) == STATUS_FWP_PROVIDER_NOT_FOUND);
  CHECK(FwpmProviderAdd0(engine, &provider, NULL) == STATUS_SUCCESS && FwpmProviderAdd0(engine, &provider, NULL) == STATUS_FWP_ALREADY_EXISTS);
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, &filterId) == STATUS_FWP_SUBLAYER_NOT_FOUND);
  CHECK(FwpmSubLayerAdd0(engine, &sublayer, NULL) == STATUS_SUCCESS);
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, &filterId) == STATUS_FWP_CALLOUT_NOT_FOUND);
  CHECK(FwpsCalloutRegister1(g_device, &run, &id) == STATUS_SUCCESS && id);
  CHECK(FwpsCalloutRegister1(g_device, &run, &same) == STATUS_FWP_ALREADY_EXISTS);
  CHECK(FwpmCalloutAdd0(engine, &callout, NULL, &same) == STATUS_SUCCESS && same == id);
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, &filterId) == STATUS_SUCCESS && filterId && g_added == 1);
  /* what is referred to cannot go */
  CHECK(FwpmProviderDeleteByKey0(engine, &PROVIDER) == STATUS_FWP_IN_USE && FwpmSubLayerDeleteByKey0(engine, &HIGH) == STATUS_FWP_IN_USE);
  CHECK(FwpmCalloutDeleteById0(engine, id) == STATUS_FWP_IN_USE);
  CHECK(FwpmFilterDeleteById0(engine, filterId) == STATUS_SUCCESS && g_deleted == 1 && FwpmFilterDeleteById0(engine, filterId) == STATUS_FWP_FILTER_NOT_FOUND);
  /* transactions */
  CHECK(FwpmTransactionCommit0(engine) == STATUS_FWP_NO_TXN_IN_PROGRESS);
  CHECK(FwpmTransactionBegin0(engine, 0) == STATUS_SUCCESS && FwpmTransactionBegin0(engine, 0) == STATUS_FWP_TXN_IN_PROGRESS);
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, &filterId) == STATUS_SUCCESS && g_added == 1);
  CHECK(FwpmTransactionAbort0(engine) == STATUS_SUCCESS && g_added == 1);
  CHECK(FwpmFilterDeleteById0(engine, filterId) == STATUS_FWP_FILTER_NOT_FOUND);
  /* a callout refuses a filter */
  g_answer = STATUS_ACCESS_DENIED;
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, &filterId) == STATUS_ACCESS_DENIED && FwpmFilterDeleteById0(engine, filterId) == STATUS_FWP_FILTER_NOT_FOUND);
  g_answer = STATUS_SUCCESS;
  /* a dynamic session takes its objects with it */
  filter.filterKey = NAMED;
  CHECK(FwpmFilterAdd0(other, &filter, NULL, NULL) == STATUS_SUCCESS && FwpmEngineClose0(other) == STATUS_SUCCESS);
  CHECK(FwpmFilterDeleteByKey0(engine, &NAMED) == STATUS_FWP_FILTER_NOT_FOUND);
  filter.displayData.name = NULL;
  CHECK(FwpmFilterAdd0(engine, &filter, NULL, NULL) == STATUS_FWP_NULL_DISPLAY_NAME);
  CHECK(FwpmCalloutDeleteByKey0(engine, &CALLOUT) == STATUS_SUCCESS && FwpmSubLayerDeleteByKey0(engine, &HIGH) == STATUS_SUCCESS);
  CHECK(FwpmProviderDeleteByKey0(engine, &PROVIDER) == STATUS_SUCCESS && FwpmProviderDeleteByKey0(engine, &PROVIDER) == STATUS_FWP_PROVIDER_NOT_FOUND);
  CHECK(FwpsCalloutUnregisterByKey0(&CALLOUT) == STATUS_SUCCESS && FwpsCalloutUnregisterById0(id) == STATUS_FWP_CALLOUT_NOT_FOUND);
  CHECK(FwpmEngineClose0(engine) == STATUS_SUCCESS);
  CHECK(FwpsCalloutRegister2(g_device, (FWPS_CALLOUT2 *)&run, NULL) == STATUS_SUCCESS && FwpsCalloutUnregisterByKey0(&CALLOUT) == STATUS_SUCCESS);
  CHECK(FwpsCalloutRegister3(g_device, (FWPS_CALLOUT3 *)&run, NULL) == STATUS_SUCCESS && FwpsCalloutUnregisterByKey0(&CALLOUT) == STATUS_SUCCESS);
  CHECK(FwpsInjectionHandleCreate0(2, 0, &other) == STATUS_SUCCESS && FwpsQueryPacketInjectionState0(other, &engine, NULL) == FWPS_PACKET_NOT_INJECTED);
  CHECK(FwpsInjectionHandleDestroy0(other) == STATUS_SUCCESS);
  return 0;
}

static NTSTATUS OpenWithSublayers(void) {
  FWPM_SESSION0 dynamic = {.flags = FWPM_SESSION_FLAG_DYNAMIC};
  FWPM_SUBLAYER0 high = {.subLayerKey = HIGH, .displayData = {L"high", NULL}, .weight = 0xF000}, low = {.subLayerKey = LOW, .displayData = {L"low", NULL}, .weight = 1};
  NTSTATUS status = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &g_engine);
  if (NT_SUCCESS(status))
    status = FwpmSubLayerAdd0(g_engine, &high, NULL);
  return NT_SUCCESS(status) ? FwpmSubLayerAdd0(g_engine, &low, NULL) : status;
}

static NTSTATUS Block(const GUID *layer, const GUID *sublayer, FWP_ACTION_TYPE action, UINT32 flags, UINT8 weight, FWPM_FILTER_CONDITION0 *conditions, UINT32 count) {
  FWPM_FILTER0 filter = NewFilter(layer, sublayer, action, &weight);
  filter.flags = flags;
  filter.filterCondition = conditions;
  filter.numFilterConditions = count;
  return FwpmFilterAdd0(g_engine, &filter, NULL, NULL);
}

/* Conditions of every sort. */
static ULONG Conditions(void) {
  static UINT8 prefix[16] = {0x20, 0x01, 0x0d, 0xb8, 0xff};
  FWP_V4_ADDR_AND_MASK network = {0x0A010000, 0xFFFF0000};
  FWP_V6_ADDR_AND_MASK network6 = {.prefixLength = 36};
  FWP_RANGE0 range = {{FWP_UINT16, {.uint16 = 6000}}, {FWP_UINT16, {.uint16 = 6010}}};
  FWP_BYTE_BLOB path = {sizeof(L"\\device\\harddiskvolume1\\EVIL.exe"), (UINT8 *)L"\\device\\harddiskvolume1\\EVIL.exe"};
  FWPM_FILTER_CONDITION0 ports[] = {
      {FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL, {FWP_UINT16, {.uint16 = 25}}},
      {FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL, {FWP_UINT16, {.uint16 = 26}}},
      {FWPM_CONDITION_IP_PROTOCOL, FWP_MATCH_EQUAL, {FWP_UINT8, {.uint8 = 6}}},
  };
  FWPM_FILTER_CONDITION0 masked = {FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, {FWP_V4_ADDR_MASK, {.v4AddrMask = &network}}};
  FWPM_FILTER_CONDITION0 masked6 = {FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, {FWP_V6_ADDR_MASK, {.v6AddrMask = &network6}}};
  FWPM_FILTER_CONDITION0 ranged = {FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, {FWP_RANGE_TYPE, {.rangeValue = &range}}};
  FWPM_FILTER_CONDITION0 named = {FWPM_CONDITION_ALE_APP_ID, FWP_MATCH_EQUAL_CASE_INSENSITIVE, {FWP_BYTE_BLOB_TYPE, {.byteBlob = &path}}};
  FWPM_FILTER_CONDITION0 local = {FWPM_CONDITION_IP_LOCAL_PORT, FWP_MATCH_LESS, {FWP_UINT16, {.uint16 = 1024}}};
  FWPM_FILTER_CONDITION0 loopback = {FWPM_CONDITION_FLAGS, FWP_MATCH_FLAGS_ALL_SET, {FWP_UINT32, {.uint32 = FWP_CONDITION_FLAG_IS_LOOPBACK}}};
  RtlCopyMemory(network6.addr, prefix, sizeof(prefix));
  CHECK(NT_SUCCESS(OpenWithSublayers()));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, ports, 3)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &masked, 1)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V6, &HIGH, FWP_ACTION_BLOCK, 0, 1, &masked6, 1)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &ranged, 1)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &named, 1)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &loopback, 1)));
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &local, 1)));
  CHECK(Block(&FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, &HIGH, FWP_ACTION_BLOCK, 0, 1, &masked, 1) == STATUS_FWP_CONDITION_NOT_FOUND);
  return 0;
}

/* Ports from 1 on, each with filters that disagree. */
static ULONG Arbitration(void) {
  FWPS_CALLOUT1 run = {.calloutKey = CALLOUT, .classifyFn = Decide, .notifyFn = Notify};
  FWPS_CALLOUT0 veto = {.calloutKey = VETO, .classifyFn = Veto, .notifyFn = Notify};
  FWPM_CALLOUT0 callout = {.calloutKey = CALLOUT, .displayData = {L"callout", NULL}, .applicableLayer = FWPM_LAYER_ALE_AUTH_CONNECT_V6};
  FWPM_FILTER_CONDITION0 port = {FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL, {FWP_UINT16, {.uint16 = 0}}};
  static const struct {
    UINT16 Port;
    BOOLEAN IsHigh;
    FWP_ACTION_TYPE Action;
    UINT32 Flags;
    UINT8 Weight;
  } rules[] = {
      {1, TRUE, FWP_ACTION_PERMIT, 0, 1}, {1, TRUE, FWP_ACTION_BLOCK, 0, 2}, /* the heavier one of a sublayer */
      {2, TRUE, FWP_ACTION_PERMIT, 0, 1}, {2, FALSE, FWP_ACTION_BLOCK, 0, 1}, /* a block overrides a permit */
      {3, TRUE, FWP_ACTION_PERMIT, FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT, 1}, {3, FALSE, FWP_ACTION_BLOCK, 0, 1}, /* unless it was final */
      {4, TRUE, FWP_ACTION_BLOCK, 0, 1}, {4, FALSE, FWP_ACTION_PERMIT, 0, 1}, /* a block is final */
  };
  g_answer = STATUS_SUCCESS;
  CHECK(NT_SUCCESS(OpenWithSublayers()));
  for (ULONG i = 0; i < ARRAYSIZE(rules); i++) {
    port.conditionValue.uint16 = rules[i].Port;
    CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, rules[i].IsHigh ? &HIGH : &LOW, rules[i].Action, rules[i].Flags, rules[i].Weight, &port, 1)));
  }
  /* 5: a callout vetoes a final permit; 6: a callout that is not registered blocks, 7: unless the filter says otherwise */
  CHECK(NT_SUCCESS(FwpsCalloutRegister0(g_device, &veto, &g_veto)));
  callout.calloutKey = VETO;
  callout.applicableLayer = FWPM_LAYER_ALE_AUTH_CONNECT_V4;
  CHECK(NT_SUCCESS(FwpmCalloutAdd0(g_engine, &callout, NULL, NULL)));
  port.conditionValue.uint16 = 5;
  CHECK(NT_SUCCESS(Block(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &HIGH, FWP_ACTION_PERMIT, FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT, 1, &port, 1)));
  UINT8 weight = 1;
  FWPM_FILTER0 filter = NewFilter(&FWPM_LAYER_ALE_AUTH_CONNECT_V4, &LOW, FWP_ACTION_CALLOUT_TERMINATING, &weight);
  filter.filterCondition = &port;
  filter.numFilterConditions = 1;
  filter.action.calloutKey = VETO;
  CHECK(NT_SUCCESS(FwpmFilterAdd0(g_engine, &filter, NULL, NULL)));
  callout.calloutKey = NAMED;
  CHECK(NT_SUCCESS(FwpmCalloutAdd0(g_engine, &callout, NULL, NULL)));
  filter.action.calloutKey = NAMED;
  port.conditionValue.uint16 = 6;
  CHECK(NT_SUCCESS(FwpmFilterAdd0(g_engine, &filter, NULL, NULL)));
  port.conditionValue.uint16 = 7;
  filter.flags = FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED;
  CHECK(NT_SUCCESS(FwpmFilterAdd0(g_engine, &filter, NULL, NULL)));
  /* all of IPv6 is shown to a callout */
  CHECK(NT_SUCCESS(FwpsCalloutRegister1(g_device, &run, &g_callout)));
  callout.calloutKey = CALLOUT;
  callout.applicableLayer = FWPM_LAYER_ALE_AUTH_CONNECT_V6;
  CHECK(NT_SUCCESS(FwpmCalloutAdd0(g_engine, &callout, NULL, NULL)));
  filter = NewFilter(&FWPM_LAYER_ALE_AUTH_CONNECT_V6, &FWPM_SUBLAYER_UNIVERSAL, FWP_ACTION_CALLOUT_TERMINATING, &weight);
  filter.action.calloutKey = CALLOUT;
  filter.rawContext = 0xABCD;
  CHECK(NT_SUCCESS(FwpmFilterAdd0(g_engine, &filter, NULL, NULL)));
  return 0;
}

static ULONG Close(void) {
  CHECK(FwpmEngineClose0(g_engine) == STATUS_SUCCESS);
  if (g_callout)
    CHECK(FwpsCalloutUnregisterById0(g_callout) == STATUS_SUCCESS && FwpsCalloutUnregisterById0(g_veto) == STATUS_SUCCESS);
  return 0;
}

static ULONG (*const g_groups[])(void) = {Engine, Conditions, Arbitration, Close};

#include "checks.h"
