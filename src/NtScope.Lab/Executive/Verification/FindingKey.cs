using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Verification;

/// <summary>What makes two findings one.</summary>
/// <param name="Kind">What sort.</param>
/// <param name="At">The place in the driver; 0 for none.</param>
/// <param name="Routine">The routine that noticed it.</param>
/// <param name="Detail">The sentence, of what is left behind: one place may leave several things behind.</param>
/// <param name="Driver">The driver as it was loaded: loaded again, it is another one.</param>
internal readonly record struct FindingKey(string Kind, ulong At, string? Routine, string? Detail, LoadedDriver? Driver);
