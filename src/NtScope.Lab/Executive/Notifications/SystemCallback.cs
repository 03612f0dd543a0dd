using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Notifications;

/// <summary>A registration for an event of the whole system.</summary>
/// <param name="Event">The event.</param>
/// <param name="Routine">The routine that is called; for a shutdown, the driver's for IRP_MJ_SHUTDOWN when it registered.</param>
/// <param name="Key">What it is taken out by: the driver's record, the device, the driver object, or the entry itself.</param>
/// <param name="Context">What the routine is handed.</param>
/// <param name="Entry">Its entry in the kernel's list; zero where the kernel has none that is known.</param>
/// <param name="Owner">The driver.</param>
/// <param name="Origin">The call that registered it.</param>
internal sealed record SystemCallback(SystemEvent Event, ulong Routine, ulong Key, ulong Context, VirtualAddress Entry, LoadedDriver? Owner, StackTrace? Origin);
