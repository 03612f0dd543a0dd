namespace NtScope.Captures.Paging;

/// <summary>A place where the root of page tables may be.</summary>
/// <param name="Root">The physical address of the root.</param>
/// <param name="Mode">The form that its tables would have.</param>
/// <param name="Evidence">What speaks for it, as the end of a sentence: <c>by the dump's header</c>.</param>
/// <param name="InsideKernel">An address inside the kernel's image that came with it, if one did.</param>
internal sealed record DirectoryTableCandidate(PhysicalAddress Root, PagingMode Mode, string Evidence, VirtualAddress? InsideKernel = null)
{
    /// <summary>Whether registers said how many levels the tables have; else both are tried.</summary>
    public bool IsModeKnown { get; init; }
}
