using System.Globalization;

namespace NtScope;

/// <summary>One page-table entry that a translation went through.</summary>
/// <param name="Level">The level of the table that holds it.</param>
/// <param name="EntryAddress">Where the entry is in physical memory; for a prototype entry, where its virtual address translates to.</param>
/// <param name="Entry">Its raw value; 0 if <paramref name="Kind"/> is <see cref="PageEntryKind.NotCaptured"/>.</param>
/// <param name="Kind">What it says.</param>
/// <param name="IsPrototype">Whether this is the prototype entry that the entry before refers to.</param>
public readonly record struct TranslationStep(
    PageTableLevel Level,
    PhysicalAddress EntryAddress,
    ulong Entry,
    PageEntryKind Kind,
    bool IsPrototype = false)
{
    /// <summary>Whether the processor itself would follow the entry.</summary>
    public bool IsValid => Kind is PageEntryKind.Table or PageEntryKind.Page;

    /// <summary>
    /// The flags of a valid entry, one letter each, <c>-</c> where clear: Copy on write, Global, Large, Dirty, Accessed, cache disabled (N),
    /// write Through, User or Kernel, Writable or Read only, Executable, Valid. On 32-bit tables without PAE every page is executable.
    /// </summary>
    public string Flags => IsValid
        ? string.Create(11, this, static (letters, step) =>
        {
            letters[0] = step.Letter(9, 'C');
            letters[1] = step.Letter(8, 'G');
            letters[2] = step.Level == PageTableLevel.PageTable ? '-' : step.Letter(7, 'L');
            letters[3] = step.Letter(6, 'D');
            letters[4] = step.Letter(5, 'A');
            letters[5] = step.Letter(4, 'N');
            letters[6] = step.Letter(3, 'T');
            letters[7] = step.Letter(2, 'U') == 'U' ? 'U' : 'K';
            letters[8] = step.Letter(1, 'W') == 'W' ? 'W' : 'R';
            letters[9] = step.Letter(63, 'X') == 'X' ? '-' : 'E';
            letters[10] = 'V';
        })
        : string.Empty;

    /// <inheritdoc/>
    public override string ToString() => Kind == PageEntryKind.NotCaptured
        ? $"{Level} at {EntryAddress}: not in the capture"
        : $"{Level} at {EntryAddress}: {Entry.ToString("x16", CultureInfo.InvariantCulture)} {Kind} {Flags}".TrimEnd();

    private char Letter(int bit, char letter) => (Entry >> bit & 1) != 0 ? letter : '-';
}
