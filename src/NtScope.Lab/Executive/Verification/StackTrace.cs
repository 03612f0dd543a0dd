using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Verification;

/// <summary>Where a driver called the executive. What the call made keeps it, so that what is left behind can be explained.</summary>
/// <param name="Driver">The driver; null if code of none called.</param>
/// <param name="Routine">The executive routine that was called.</param>
/// <param name="Place">Where the call returns to.</param>
/// <param name="Frames">Addresses of the frames, innermost first, beginning with the executive routine's.</param>
internal sealed record StackTrace(LoadedDriver? Driver, string Routine, ulong Place, ulong[] Frames);
