namespace NtScope.Lab.Executive.Filters;

/// <summary>A minifilter whose post-operation is to be called.</summary>
/// <param name="Filter">The minifilter.</param>
/// <param name="Context">What its pre-operation hands over.</param>
/// <param name="Before">The parameters that its pre-operation found.</param>
/// <param name="IsSynchronized">Whether it wants to be called on the thread of the pre-operation.</param>
internal sealed record PassedFilter(MiniFilter Filter, ulong Context, byte[] Before, bool IsSynchronized);
