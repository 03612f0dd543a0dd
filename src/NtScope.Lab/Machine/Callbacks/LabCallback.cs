namespace NtScope.Lab.Machine.Callbacks;

/// <summary>A routine that the kernel calls at an event.</summary>
/// <param name="Kind">The event: process, thread, image, registry, object, bugcheck, bugcheck-reason, shutdown, last-chance-shutdown,
/// logon-session, file-system, nmi.</param>
/// <param name="Routine">The routine.</param>
public sealed record LabCallback(string Kind, VirtualAddress Routine);
