namespace NtScope.Captures.Paging;

/// <summary>The result of a walk: where the address lies and how far the page goes, or why it does not translate.</summary>
/// <param name="Physical">Where the address lies; meaningless with a fault.</param>
/// <param name="PageSize">The size of the page that maps it.</param>
/// <param name="Fault">Why it does not translate; <c>default</c> if it does.</param>
internal readonly record struct PageWalk(ulong Physical, ulong PageSize, ReadFault Fault);
