namespace NtScope.Captures.Paging;

/// <summary>
/// What Windows keeps in an entry that is not valid for the processor (_MMPTE_SOFTWARE, _MMPTE_TRANSITION, _MMPTE_PROTOTYPE, _MMPTE_SUBSECTION).
/// </summary>
/// <param name="Kind">Which of them it is.</param>
/// <param name="Frame">Where a transition page lies.</param>
/// <param name="Prototype">Where the prototype entry is; null if the VAD says where.</param>
internal readonly record struct SoftwareEntry(PageEntryKind Kind, ulong Frame, VirtualAddress? Prototype)
{
    private const ulong PrototypeBit = 1 << 10;
    private const ulong TransitionBit = 1 << 11;

    /// <summary>Set where an entry is stored as it is; clear where bits above all physical memory were set in it (from Windows 10 1803).</summary>
    private const ulong SwizzleBit = 1 << 4;

    /// <summary>Decodes an entry that is not valid.</summary>
    /// <param name="geometry">The form of the tables.</param>
    /// <param name="entry">The raw value.</param>
    /// <param name="masks">The bits that Windows may have set in it.</param>
    /// <param name="isPrototype">Whether it is a prototype entry itself; in one the prototype bit means a subsection.</param>
    public static SoftwareEntry Decode(PagingGeometry geometry, ulong entry, EntryMasks masks, bool isPrototype)
    {
        if (entry == 0)
        {
            return new SoftwareEntry(PageEntryKind.Empty, 0, null);
        }

        if (geometry.IsWide && (entry & SwizzleBit) == 0)
        {
            entry &= ~masks.Invalid;
        }

        if ((entry & PrototypeBit) != 0)
        {
            return isPrototype
                ? new SoftwareEntry(PageEntryKind.Subsection, 0, null)
                : new SoftwareEntry(PageEntryKind.Prototype, 0, PrototypeAddress(geometry, entry));
        }

        if ((entry & TransitionBit) != 0)
        {
            return new SoftwareEntry(PageEntryKind.Transition, entry & ~masks.AboveMemory & (geometry.EntrySize == 8 ? 0xFFFF_FFFF_F000UL : 0xFFFFF000UL), null);
        }

        var pageFileOffset = geometry.EntrySize == 8 ? entry >> 32 : entry >> 12;
        return new SoftwareEntry(pageFileOffset == 0 ? PageEntryKind.DemandZero : PageEntryKind.PageFile, 0, null);
    }

    private static VirtualAddress? PrototypeAddress(PagingGeometry geometry, ulong entry)
    {
        switch (geometry.Mode)
        {
            case PagingMode.Extended:
                return entry >> 32 == uint.MaxValue ? null : new VirtualAddress(entry >> 32);
            case PagingMode.Legacy:
                // Bits 1 to 7 and 11 to 31 hold an offset from the start of paged pool, which varies: the entry cannot be followed.
                return null;
            default:
                // 48 bits, sign-extended; all ones (and the value with the low bits clear) mean that the VAD has the prototype.
                var address = (ulong)((long)entry >> 16);
                return (address & 0xFFFF_FFFF) == 0xFFFF_FFFF || address == 0xFFFF_FFFF_FFFF_0000 ? null : new VirtualAddress(address);
        }
    }
}
