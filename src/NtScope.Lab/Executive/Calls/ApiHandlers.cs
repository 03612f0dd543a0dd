using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Calls;

/// <summary>A routine that returns an integer or a pointer.</summary>
internal delegate ulong ValueHandler(in ApiCall call);

/// <summary>A routine that returns an NTSTATUS.</summary>
internal delegate NtStatus StatusHandler(in ApiCall call);

/// <summary>A routine that returns nothing.</summary>
internal delegate void VoidHandler(in ApiCall call);
