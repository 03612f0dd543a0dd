/* Mistakes of framework drivers by number: a control code commits one of them, and what it leaves behind shows at unload. */
#include <wdf.h>

#define DEVICE L"KmdfFaults"

typedef struct {
  UCHAR Bytes[24];
} BYTES;

WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BYTES, BytesOf)

static WDFDEVICE g_device;
static WDFQUEUE g_manual;

static VOID OnCancel(WDFREQUEST request) { WdfRequestComplete(request, STATUS_CANCELLED); }

static VOID OnTimer(WDFTIMER timer) { UNREFERENCED_PARAMETER(timer); }

static __attribute__((noinline)) void Touch(volatile UCHAR *address) { *address = 1; }

static WDFOBJECT NewObject(void) {
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, &WDF_TYPE_OF_BYTES);
  WDFOBJECT object;
  return NT_SUCCESS(WdfObjectCreate(&attributes, &object)) ? object : NULL;
}

/* Whether the request is left. */
static BOOLEAN Misbehave(ULONG mistake, WDFREQUEST request) {
  UNICODE_STRING sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
  WDF_OBJECT_ATTRIBUTES attributes = WdfAttributes(g_device, NULL);
  WDF_TIMER_CONFIG config = {.Size = sizeof(config), .EvtTimerFunc = OnTimer};
  WDFWAITLOCK waitLock;
  WDFSPINLOCK spinLock;
  WDFSTRING string;
  WDFTIMER timer;
  WDFOBJECT object;
  PVOID buffer;
  KIRQL level;
  switch (mistake) {
  case 0: /* a request is completed twice */
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfRequestComplete(request, STATUS_SUCCESS);
    return TRUE;
  case 1: /* a request is never completed */
    return TRUE;
  case 2: /* a reference is not given back */
    WdfObjectReference(NewObject());
    break;
  case 3: /* a request is completed while it can be cancelled */
    WdfRequestMarkCancelable(request, OnCancel);
    break;
  case 4: /* a handle of another type */
    WdfTimerStart((WDFTIMER)g_manual, -1);
    break;
  case 5: /* a wait at DISPATCH_LEVEL */
    WdfWaitLockCreate(&attributes, &waitLock);
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    WdfWaitLockAcquire(waitLock, NULL);
    WdfWaitLockRelease(waitLock);
    KeLowerIrql(level);
    break;
  case 6: /* a device is described and never made */
    WdfControlDeviceInitAllocate(WdfGetDriver(), &sddl);
    break;
  case 7: /* a spin lock is held on return */
    WdfSpinLockCreate(&attributes, &spinLock);
    WdfSpinLockAcquire(spinLock);
    break;
  case 8: /* a function that the executive does not have */
    WdfUsbTargetDeviceCreate(g_device, WDF_NO_OBJECT_ATTRIBUTES, &buffer);
    break;
  case 9: /* a byte behind a context */
    Touch(BytesOf(NewObject())->Bytes + sizeof(BYTES));
    break;
  case 10: /* a context of an object that is gone */
    object = NewObject();
    buffer = BytesOf(object);
    WdfObjectDelete(object);
    Touch(buffer);
    break;
  case 11: /* a wait lock is acquired twice */
    WdfWaitLockCreate(&attributes, &waitLock);
    WdfWaitLockAcquire(waitLock, NULL);
    WdfWaitLockAcquire(waitLock, NULL);
    break;
  case 12: /* a spin lock is acquired twice */
    WdfSpinLockCreate(&attributes, &spinLock);
    WdfSpinLockAcquire(spinLock);
    WdfSpinLockAcquire(spinLock);
    break;
  case 13: /* a request is used after its completion */
    WdfRequestComplete(request, STATUS_SUCCESS);
    WdfRequestRetrieveInputBuffer(request, 0, &buffer, NULL);
    return TRUE;
  case 14: /* a request is completed that a queue has */
    WdfRequestForwardToIoQueue(request, g_manual);
    break;
  case 15: /* the default queue is deleted */
    WdfObjectDelete(WdfDeviceGetDefaultQueue(g_device));
    break;
  case 16: /* a request's buffer is used after its completion */
    WdfRequestRetrieveInputBuffer(request, 0, &buffer, NULL);
    WdfRequestComplete(request, STATUS_SUCCESS);
    Touch(buffer);
    return TRUE;
  case 17: /* a lock is released that is not held */
    WdfWaitLockCreate(&attributes, &waitLock);
    WdfWaitLockRelease(waitLock);
    break;
  case 18: /* more references are given back than were taken */
    WdfObjectDereference(NewObject());
    break;
  case 19: /* more bytes than the buffer has */
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 4096);
    return TRUE;
  case 20: /* a timer is to be waited for at DISPATCH_LEVEL */
    WdfTimerCreate(&config, &attributes, &timer);
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    WdfTimerStop(timer, TRUE);
    KeLowerIrql(level);
    break;
  case 21: /* a function for PASSIVE_LEVEL */
    KeRaiseIrql(DISPATCH_LEVEL, &level);
    WdfStringCreate(NULL, &attributes, &string);
    KeLowerIrql(level);
    break;
  case 22: /* a wait lock is held on return */
    WdfWaitLockCreate(&attributes, &waitLock);
    WdfWaitLockAcquire(waitLock, NULL);
    break;
  case 23: /* a class extension */
    WdfVersionBindClass(NULL, NULL, NULL);
    break;
  }
  return FALSE;
}

static VOID Control(WDFQUEUE queue, WDFREQUEST request, SIZE_T outputLength, SIZE_T inputLength, ULONG code) {
  UNREFERENCED_PARAMETER(queue);
  UNREFERENCED_PARAMETER(outputLength);
  UNREFERENCED_PARAMETER(inputLength);
  if (!Misbehave(((code >> 2) & 0xFFF) - 0xB00, request))
    WdfRequestComplete(request, STATUS_SUCCESS);
}

static VOID OnUnload(WDFDRIVER driver) { UNREFERENCED_PARAMETER(driver); }

#include "kmdfdevice.h"
