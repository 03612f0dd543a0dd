namespace NtScope;

/// <summary>Why bytes could not be read.</summary>
public enum ReadFaultKind
{
    /// <summary>Nothing went wrong.</summary>
    None,

    /// <summary>The address is not canonical: its upper bits do not repeat the highest translated bit.</summary>
    NonCanonical,

    /// <summary>No module, range or page covers the address.</summary>
    Unmapped,

    /// <summary>A page-table entry on the way is not valid.</summary>
    NotPresent,

    /// <summary>The page is in a page file.</summary>
    PagedOut,

    /// <summary>The page belongs to a file or is zero on demand and is not resident.</summary>
    NotResident,

    /// <summary>The address translates, but the physical page is not in the capture.</summary>
    NotCaptured,

    /// <summary>The target refused the access.</summary>
    AccessDenied,

    /// <summary>The medium below failed: the file is shorter than it says, or the device returned an error.</summary>
    Medium,
}
