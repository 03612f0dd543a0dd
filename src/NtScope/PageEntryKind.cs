namespace NtScope;

/// <summary>What a page-table entry says about the memory below it.</summary>
public enum PageEntryKind
{
    /// <summary>All zero: nothing was ever mapped here, or the page is zero on demand under a VAD.</summary>
    Empty,

    /// <summary>Valid: it points at the next table.</summary>
    Table,

    /// <summary>Valid: it maps a page; the level says how large.</summary>
    Page,

    /// <summary>Not valid for the processor, yet the page is still in memory on the standby or modified list.</summary>
    Transition,

    /// <summary>It refers to a prototype entry that is shared between processes.</summary>
    Prototype,

    /// <summary>It refers to a part of a mapped file that is not resident.</summary>
    Subsection,

    /// <summary>The page is in a page file.</summary>
    PageFile,

    /// <summary>The page is zero on demand.</summary>
    DemandZero,

    /// <summary>The table that holds the entry is not in the capture, so the entry is unknown.</summary>
    NotCaptured,
}
