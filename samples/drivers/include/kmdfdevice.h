/* The rest of a framework driver that is only there to be sent control codes: a control device with a default queue for EvtIoDeviceControl and
   a manual queue. Stands at the end of a source that defines DEVICE, Control, OnUnload, g_device and g_manual. */

static NTSTATUS CreateDevice(WDFDRIVER driver) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\" DEVICE), link = RTL_CONSTANT_STRING(L"\\??\\" DEVICE), sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
  PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &sddl);
  if (!init)
    return STATUS_INSUFFICIENT_RESOURCES;
  WDF_FILEOBJECT_CONFIG files = {.Size = sizeof(files), .AutoForwardCleanupClose = WdfUseDefault, .FileObjectClass = WdfFileObjectWdfCanUseFsContext};
  WdfDeviceInitSetFileObjectConfig(init, &files, WDF_NO_OBJECT_ATTRIBUTES);
  NTSTATUS status = WdfDeviceInitAssignName(init, &name);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &g_device);
  if (!NT_SUCCESS(status)) {
    WdfDeviceInitFree(init);
    return status;
  }
  WDF_IO_QUEUE_CONFIG queue = WdfQueueConfig(WdfIoQueueDispatchParallel, TRUE), manual = WdfQueueConfig(WdfIoQueueDispatchManual, FALSE);
  queue.EvtIoDeviceControl = Control;
  status = WdfIoQueueCreate(g_device, &queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
  if (NT_SUCCESS(status))
    status = WdfIoQueueCreate(g_device, &manual, WDF_NO_OBJECT_ATTRIBUTES, &g_manual);
  if (NT_SUCCESS(status))
    status = WdfDeviceCreateSymbolicLink(g_device, &link);
  if (NT_SUCCESS(status))
    WdfControlFinishInitializing(g_device);
  return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driverObject, PUNICODE_STRING registryPath) {
  WDF_DRIVER_CONFIG config = {.Size = sizeof(config), .EvtDriverUnload = OnUnload, .DriverInitFlags = WdfDriverInitNonPnpDriver};
  WDFDRIVER driver;
  NTSTATUS status = WdfDriverCreate(driverObject, registryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
  return NT_SUCCESS(status) ? CreateDevice(driver) : status;
}
