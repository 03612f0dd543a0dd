using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Processes;

/// <summary>A routine that a driver has registered.</summary>
/// <param name="Kind">What it is told of.</param>
/// <param name="Address">The routine.</param>
/// <param name="Owner">The driver.</param>
/// <param name="Origin">The call that registered it.</param>
internal readonly record struct NotifyRoutine(NotifyKind Kind, ulong Address, LoadedDriver? Owner, StackTrace? Origin);
