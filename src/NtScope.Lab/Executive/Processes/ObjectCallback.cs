using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Objects;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Processes;

/// <summary>One operation of an object callback registration.</summary>
/// <param name="Registration">The handle that the driver unregisters with.</param>
/// <param name="Kind">Processes or threads.</param>
/// <param name="Operations">OB_OPERATION_HANDLE_CREATE 1, OB_OPERATION_HANDLE_DUPLICATE 2.</param>
/// <param name="Pre">The routine that is called before; 0 for none.</param>
/// <param name="Post">The routine that is called after; 0 for none.</param>
/// <param name="Context">What the routines are handed.</param>
/// <param name="Altitude">Where it stands among others.</param>
/// <param name="Owner">The driver.</param>
/// <param name="Origin">The call that registered it.</param>
internal sealed record ObjectCallback(
    ulong Registration, ObjectKind Kind, uint Operations, ulong Pre, ulong Post, ulong Context, Altitude Altitude, LoadedDriver? Owner, StackTrace? Origin);
