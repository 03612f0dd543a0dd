namespace NtScope.Captures.Paging;

/// <summary>Bits that Windows sets in entries that are not valid, so that the processor cannot read speculatively through them.</summary>
/// <param name="Invalid">InvalidPteMask, where it is known; 0 otherwise and before Windows 10 1803.</param>
/// <param name="AboveMemory">The bits of a frame that lie above all physical memory: the mask is among them.</param>
internal readonly record struct EntryMasks(ulong Invalid, ulong AboveMemory);
