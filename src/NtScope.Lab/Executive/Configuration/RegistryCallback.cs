using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>A registered registry callback.</summary>
/// <param name="Cookie">What the driver unregisters it with.</param>
/// <param name="Routine">The routine.</param>
/// <param name="Context">What it is handed.</param>
/// <param name="Altitude">Where it stands among others.</param>
/// <param name="Owner">The driver.</param>
/// <param name="Entry">The entry in the kernel's list.</param>
/// <param name="Origin">The call that registered it.</param>
internal sealed record RegistryCallback(ulong Cookie, ulong Routine, ulong Context, Altitude Altitude, LoadedDriver? Owner, VirtualAddress Entry, StackTrace? Origin);
