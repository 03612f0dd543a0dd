/* How the samples complete requests, and a dispatch routine for requests that need nothing else. */
#pragma once

static inline NTSTATUS CompleteWith(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static inline NTSTATUS Complete(PIRP irp, NTSTATUS status) { return CompleteWith(irp, status, 0); }

static inline NTSTATUS NTAPI CreateClose(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return Complete(irp, STATUS_SUCCESS);
}
