using System.Globalization;

namespace NtScope;

/// <summary>Why a read stopped: the first address that could not be read and the cause. <c>default</c> is "no fault".</summary>
/// <param name="Kind">The cause.</param>
/// <param name="Address">The first address that could not be read (virtual, or physical for physical reads).</param>
/// <param name="Level">The page-table level whose entry ended the translation; <see cref="PageTableLevel.None"/> without paging.</param>
/// <param name="Entry">That entry's raw value, or the physical address that is missing for <see cref="ReadFaultKind.NotCaptured"/>.</param>
public readonly record struct ReadFault(
    ReadFaultKind Kind,
    ulong Address,
    PageTableLevel Level = PageTableLevel.None,
    ulong Entry = 0)
{
    /// <summary>Whether the read went well.</summary>
    public bool IsNone => Kind == ReadFaultKind.None;

    /// <summary>One sentence for a person: the address, the cause and, with paging, the level and the entry.</summary>
    public override string ToString()
    {
        var address = "0x" + Address.ToString("x", CultureInfo.InvariantCulture);
        var entry = "0x" + Entry.ToString("x", CultureInfo.InvariantCulture);
        return Kind switch
        {
            ReadFaultKind.None => "no fault",
            ReadFaultKind.NonCanonical => $"{address} is not a canonical address",
            ReadFaultKind.Unmapped => $"{address} is not mapped",
            ReadFaultKind.NotPresent => $"{address} is not present ({Level} entry {entry})",
            ReadFaultKind.PagedOut => $"{address} is in a page file ({Level} entry {entry})",
            ReadFaultKind.NotResident => $"{address} is not resident ({Level} entry {entry})",
            ReadFaultKind.NotCaptured => $"{address} lies at physical {entry}, which the capture does not hold",
            ReadFaultKind.AccessDenied => $"{address} may not be read",
            _ => $"{address} could not be read from the medium",
        };
    }
}
