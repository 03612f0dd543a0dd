namespace NtScope.Lab.Executive.Threads;

/// <summary>A lock that a thread holds.</summary>
/// <param name="Kind">What sort: <c>spin lock</c>, <c>fast mutex</c>, <c>resource</c>, <c>mutex</c>.</param>
/// <param name="Address">The lock.</param>
/// <param name="AcquiredAt">The place of the call that acquired it.</param>
internal readonly record struct HeldLock(string Kind, ulong Address, ulong AcquiredAt);
