using System.Buffers.Binary;
using System.Globalization;
using NtScope.Debugging.Commands;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>A translation as <c>!pte</c> shows it: a column for each level.</summary>
public sealed class PageTableListing : ICommandResult
{
    private const int PageBits = 12;
    private const int WideColumns = 27;
    private const int NarrowColumns = 26;
    private const ulong Frame = 0xF_FFFF_FFFF;
    private const ulong NarrowTables = 0xC000_0000;
    private readonly DebuggerSession _session;
    private readonly ulong? _tables;

    internal PageTableListing(DebuggerSession session, Translation translation)
    {
        _session = session;
        Translation = translation;
        _tables = session.PointerSize == sizeof(uint) ? NarrowTables : SelfMap();
    }

    /// <summary>The entries and where the address lies.</summary>
    public Translation Translation { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<TranslationRow>([.. Translation.Steps.Select(step => new TranslationRow(step))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        var isWide = _session.PointerSize == sizeof(ulong);
        var width = isWide ? WideColumns : NarrowColumns;
        var digits = isWide ? "x16" : "x8";
        writer.Write($"{new string(' ', isWide ? 43 : 20)}VA {Translation.Address.Value.ToString(digits, CultureInfo.InvariantCulture)}\n");
        TranslationStep[] steps = [.. Translation.Steps.Where(step => !step.IsPrototype && (isWide || step.Level != PageTableLevel.PageDirectoryPointer))];
        Line(step => $"{NameOf(step.Level)} at {PlaceOf(step)}");
        Line(step => step.Kind == PageEntryKind.NotCaptured ? "not in the capture" : $"contains {step.Entry.ToString("X16", CultureInfo.InvariantCulture)}");
        Line(step => step.IsValid ? $"pfn {(step.Entry >> PageBits & Frame).ToString("x", CultureInfo.InvariantCulture),-9} {step.Flags}" : "not valid", LargePage());
        if (steps is [.., { IsValid: false } last]) writer.Write(Invalid(last));

        void Line(Func<TranslationStep, string> text, string end = "") => writer.Write((string.Concat(steps.Select(step => text(step).PadRight(width))) + end).TrimEnd() + "\n");
    }

    private static string NameOf(PageTableLevel level) => level switch
    {
        PageTableLevel.PageMap5 => "P5E",
        PageTableLevel.PageMap4 => "PXE",
        PageTableLevel.PageDirectoryPointer => "PPE",
        PageTableLevel.PageDirectory => "PDE",
        _ => "PTE",
    };

    private string LargePage() => Translation is { Physical: { } physical, PageSize: > 1 << PageBits }
        ? string.Create(CultureInfo.InvariantCulture, $"LARGE PAGE pfn {physical.Value >> PageBits:x}")
        : string.Empty;

    // The kernel maps the tables into its own space; where is said by the entry of the topmost table that leads back to it.
    private ulong? SelfMap()
    {
        const int TopShift = 39;
        var table = new byte[1 << PageBits];
        if (_session.Target.Physical is not { } physical || Translation.Steps is not [{ Level: PageTableLevel.PageMap4 }, ..]
            || physical.Read(Translation.DirectoryTable, table, out _) < table.Length)
        {
            return null;
        }

        for (var index = table.Length / sizeof(ulong) / 2; index < table.Length / sizeof(ulong); index++)
        {
            var entry = BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(index * sizeof(ulong)));
            if ((entry & 1) != 0 && (entry >> PageBits & Frame) == Translation.DirectoryTable.Value >> PageBits)
            {
                return 0xFFFF_0000_0000_0000 | ((ulong)index << TopShift);
            }
        }

        return null;
    }

    // The entry of level n stands where the address of n shifts leads: each level's tables are mapped by the level above.
    private string PlaceOf(TranslationStep step)
    {
        if (_tables is not { } tables)
        {
            return "#" + step.EntryAddress.Value.ToString("X", CultureInfo.InvariantCulture);
        }

        var isWide = _session.PointerSize == sizeof(ulong);
        var entrySize = isWide || Translation.Steps.Any(other => other.Level == PageTableLevel.PageDirectoryPointer) ? sizeof(ulong) : sizeof(uint);
        var space = isWide ? (1UL << 48) - 1 : uint.MaxValue;
        var place = Translation.Address.Value & space;
        for (var level = PageTableLevel.PageTable; ; level++)
        {
            place = (tables & space) + (place >> PageBits) * (ulong)entrySize;
            if (level == step.Level) break;
        }

        place &= space;
        if (isWide && place >> 47 != 0) place |= ~space;
        return place.ToString(isWide ? "X16" : "X8", CultureInfo.InvariantCulture);
    }

    private static string Invalid(in TranslationStep step)
    {
        var entry = step.Entry;
        var protection = entry >> 5 & 0x1f;
        return step.Kind switch
        {
            PageEntryKind.Transition => string.Create(CultureInfo.InvariantCulture, $" Transition: {entry >> PageBits & Frame:x}\n Protect: {protection:x}{Protection(protection)}\n"),
            PageEntryKind.PageFile => string.Create(CultureInfo.InvariantCulture, $" PageFile:  {entry >> 1 & 0xf:x}\n Offset: {entry >> 32:x}\n Protect: {protection:x}{Protection(protection)}\n"),
            PageEntryKind.DemandZero => string.Create(CultureInfo.InvariantCulture, $" DemandZero\n Protect: {protection:x}{Protection(protection)}\n"),
            PageEntryKind.Prototype => string.Create(CultureInfo.InvariantCulture, $" Proto: {(ulong)((long)entry >> 16):x16}\n"),
            PageEntryKind.Subsection => " Subsection: the page is a part of a file that is not resident\n",
            _ => string.Empty,
        };
    }

    private static string Protection(ulong value) => (value & 7) switch
    {
        0 => " - NoAccess",
        1 => " - Readonly",
        2 => " - Execute",
        3 => " - ExecuteRead",
        4 => " - ReadWrite",
        5 => " - WriteCopy",
        6 => " - ExecuteReadWrite",
        _ => " - ExecuteWriteCopy",
    };
}
