namespace NtScope.Captures.Formats;

/// <summary>A region of guest memory, in pages of 4 KiB.</summary>
/// <param name="PhysicalPage">Its first physical page (tag regionPPN).</param>
/// <param name="FilePage">Its first page in the file of memory (tag regionPageNum).</param>
/// <param name="Pages">How many pages it has (tag regionSize).</param>
internal readonly record struct VMwareRegion(uint PhysicalPage, uint FilePage, uint Pages);
