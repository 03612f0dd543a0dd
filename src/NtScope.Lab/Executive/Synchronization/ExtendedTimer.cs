using NtScope.Lab.Executive.Threads;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>A timer that ExAllocateTimer made and that is not deleted.</summary>
/// <param name="Callback">The routine that is called when it expires; 0 for none.</param>
/// <param name="Context">What the routine is handed.</param>
/// <param name="Entry">When it expires; null while it is not set.</param>
/// <param name="Origin">The call that made it.</param>
internal sealed record ExtendedTimer(ulong Callback, ulong Context, ClockEntry? Entry, StackTrace? Origin);
