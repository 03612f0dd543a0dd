namespace NtScope;

/// <summary>How an address was translated, level by level, or why it could not be.</summary>
/// <param name="Address">The virtual address.</param>
/// <param name="DirectoryTable">The root of the page tables it was translated with.</param>
/// <param name="Steps">The entries that were read, outermost first.</param>
/// <param name="Physical">Where the address lies; null if it does not translate.</param>
/// <param name="PageSize">The size in bytes of the page that maps it; 0 if it does not translate.</param>
/// <param name="Fault">Why it does not translate; <c>default</c> if it does.</param>
public sealed record Translation(
    VirtualAddress Address,
    PhysicalAddress DirectoryTable,
    IReadOnlyList<TranslationStep> Steps,
    PhysicalAddress? Physical,
    ulong PageSize,
    ReadFault Fault);
