namespace NtScope;

/// <summary>The level of the page tables at which a translation ended.</summary>
public enum PageTableLevel
{
    /// <summary>No page table took part.</summary>
    None,

    /// <summary>Page table (PTE, 4 KiB).</summary>
    PageTable,

    /// <summary>Page directory (PDE, 2 or 4 MiB).</summary>
    PageDirectory,

    /// <summary>Page directory pointer table (PPE, 1 GiB).</summary>
    PageDirectoryPointer,

    /// <summary>Page map level 4 (PXE).</summary>
    PageMap4,

    /// <summary>Page map level 5.</summary>
    PageMap5,
}
