using System.Runtime.InteropServices;

namespace NtScope.Captures.Paging;

/// <summary>
/// Finds roots of page tables: in the headers, in the code that starts further processors (below 1 MiB), else by tables that map themselves, as
/// Windows lets its own do. Candidates come in the order of what speaks for them; later ones are searched for only when asked.
/// </summary>
internal static class DirectoryTableFinder
{
    private const int PageSize = 0x1000;
    private const int ChunkSize = 1 << 20;
    private const ulong FiveLevelBit = 1 << 12;
    private const ulong ExtensionBit = 1 << 5;

    private static readonly VirtualAddress SharedUserData = new(0xFFFFF780_00000000);

    public static IEnumerable<DirectoryTableCandidate> Find(Capture capture, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        // Only a processor's registers say whether it has four levels or five; what was found elsewhere is tried as both.
        var header = capture.Header;
        var startBlocks = header.Architecture is ProcessorArchitecture.X86 ? [] : FromStartBlock(capture);
        foreach (var candidate in FromHeader(header).Concat(startBlocks).Concat(FromSelfMaps(capture, header.Architecture, progress, cancellation)))
        {
            yield return candidate;
            if (candidate is { Mode: PagingMode.FourLevel, IsModeKnown: false } && HasFiveLevels(capture, candidate.Root))
            {
                yield return candidate with { Mode = PagingMode.FiveLevel };
            }
        }
    }

    // Each process of Windows maps the page that it shares with the kernel at the same address.
    private static bool HasFiveLevels(Capture capture, PhysicalAddress root) =>
        new AddressSpaces(capture, PagingMode.FiveLevel, root).Explain(root, SharedUserData).Physical is not null;

    private static IEnumerable<DirectoryTableCandidate> FromHeader(CaptureHeader header)
    {
        var seen = new HashSet<(ulong Root, PagingMode Mode)>();
        var roots = header.Processors.Select(processor => (processor.DirectoryTable, processor.Control4, Evidence: "by a processor's registers"));
        if (header.Processors.Count <= 1 || header.Architecture == ProcessorArchitecture.X86)
        {
            roots = roots.Prepend((header.DirectoryTable, header.Processors is [var only] ? only.Control4 : null, "by the capture's header"));
        }

        foreach (var (root, control4, evidence) in roots)
        {
            foreach (var mode in root is null ? [] : Modes(header, control4))
            {
                var candidate = new DirectoryTableCandidate(new PhysicalAddress(root!.Value.Value & PagingGeometry.Of(mode).RootMask), mode, evidence) { IsModeKnown = control4 is not null };
                if (seen.Add((candidate.Root.Value, mode)))
                {
                    yield return candidate;
                }
            }
        }
    }

    // A 64-bit core may be of a 32-bit guest; what only a processor with CR4 says is tried in both forms.
    private static IEnumerable<PagingMode> Modes(CaptureHeader header, ulong? control4)
    {
        if (header.Architecture != ProcessorArchitecture.X86)
        {
            yield return (control4 & FiveLevelBit) is > 0 ? PagingMode.FiveLevel : PagingMode.FourLevel;
        }

        if (header.Architecture == ProcessorArchitecture.X86 || (header.Architecture == ProcessorArchitecture.Unknown && control4 is not null))
        {
            var isExtended = control4 is { } known ? (known & ExtensionBit) != 0 : header.PhysicalAddressExtension != false;
            yield return isExtended ? PagingMode.Extended : PagingMode.Legacy;
        }
    }

    // PROCESSOR_START_BLOCK: a jump, its length and flags, the kernel's entry for the new processor at 70h, CR3 at A0h.
    private static IEnumerable<DirectoryTableCandidate> FromStartBlock(Capture capture)
    {
        var page = new byte[PageSize];
        for (ulong address = PageSize; address < ChunkSize; address += PageSize)
        {
            if (capture.Read(new PhysicalAddress(address), page, out _) != PageSize)
            {
                continue;
            }

            var words = MemoryMarshal.Cast<byte, ulong>(page);
            var (target, control3) = (words[0x70 / 8], words[0xA0 / 8]);
            if ((words[0] & 0xFFFFFFFFFFFF00FF) == 0x00000001000600E9
                && (target & 0xFFFFF80000000003) == 0xFFFFF80000000000
                && (control3 & 0xFFFFFF0000000FFF) == 0 && control3 != 0)
            {
                yield return new DirectoryTableCandidate(new PhysicalAddress(control3), PagingMode.FourLevel, "by the start-up code of further processors", new VirtualAddress(target));
            }
        }
    }

    private static IEnumerable<DirectoryTableCandidate> FromSelfMaps(
        Capture capture, ProcessorArchitecture architecture, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var total = (long)Math.Min(capture.Length, Limits.DirectoryTableSearchBytes);
        var chunk = new byte[ChunkSize];
        var pointerSearches = new Allowance(4);
        ulong searched = 0;
        foreach (var range in capture.Ranges)
        {
            for (ulong offset = 0; offset < range.Length && searched < Limits.DirectoryTableSearchBytes; offset += ChunkSize)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new Progress("searching for page tables", (long)searched, total, ProgressUnit.Bytes));
                var start = range.Start + offset;
                var length = (int)Math.Min(ChunkSize, range.Length - offset) / PageSize * PageSize;
                searched += (uint)Math.Max(length, PageSize);
                length = capture.Read(start, chunk.AsSpan(0, length), out _) / PageSize * PageSize;
                for (var at = 0; at < length; at += PageSize)
                {
                    // A directory without PAE whose entry behind the self-map is empty looks like a table of x64 too: both are tried.
                    var address = start + (uint)at;
                    if (architecture is not ProcessorArchitecture.X86 && SelfMapsWide(address, MemoryMarshal.Cast<byte, ulong>(chunk.AsSpan(at, PageSize))))
                    {
                        yield return new DirectoryTableCandidate(address, PagingMode.FourLevel, "by page tables that map themselves");
                    }

                    if (architecture is not (ProcessorArchitecture.X64 or ProcessorArchitecture.Arm64)
                        && FromNarrowPage(capture, address, chunk.AsSpan(at, PageSize), pointerSearches, cancellation) is { } candidate)
                    {
                        yield return candidate;
                    }
                }
            }
        }
    }

    private static DirectoryTableCandidate? FromNarrowPage(Capture capture, PhysicalAddress address, ReadOnlySpan<byte> page, Allowance pointerSearches, CancellationToken cancellation)
    {
        // Without PAE the directory maps itself at C0000000h; with PAE the last of four directories has all four in its first entries.
        var narrow = MemoryMarshal.Cast<byte, uint>(page);
        if ((narrow[0x300] & 0xFFFFF001) == ((uint)address.Value | 1) && address.Value <= uint.MaxValue)
        {
            return new DirectoryTableCandidate(address, PagingMode.Legacy, "by a page directory that maps itself");
        }

        var wide = MemoryMarshal.Cast<byte, ulong>(page)[..4];
        const ulong Frame = 0xF_FFFF_FFFF_F000;
        return (wide[3] & Frame) == address.Value && (wide[0] & wide[1] & wide[2] & wide[3] & 1) != 0 && pointerSearches.TryTake() && FindPointers(capture, wide, cancellation) is { } root
            ? new DirectoryTableCandidate(root, PagingMode.Extended, "by page directories that map themselves")
            : null;
    }

    private static bool SelfMapsWide(PhysicalAddress address, ReadOnlySpan<ulong> entries)
    {
        // Valid, writable, accessed, dirty, supervisor; bits 52 to 62 are Windows's own.
        var wanted = address.Value | 0x63;
        foreach (var entry in entries[256..])
        {
            if ((entry & 0x000FFFFFFFFFF0FF) == wanted)
            {
                return true;
            }
        }

        return false;
    }

    // The table of four pointers to the directories is 32 bytes anywhere below 4 GiB.
    private static PhysicalAddress? FindPointers(Capture capture, ReadOnlySpan<ulong> directories, CancellationToken cancellation)
    {
        const ulong Frame = 0xF_FFFF_FFFF_F000;
        var chunk = new byte[ChunkSize];
        foreach (var range in capture.Ranges)
        {
            for (ulong offset = 0; offset < range.Length && (range.Start + offset).Value <= uint.MaxValue; offset += ChunkSize)
            {
                cancellation.ThrowIfCancellationRequested();
                var length = capture.Read(range.Start + offset, chunk.AsSpan(0, (int)Math.Min(ChunkSize, range.Length - offset)), out _);
                var words = MemoryMarshal.Cast<byte, ulong>(chunk.AsSpan(0, length / 32 * 32));
                for (var i = 0; i + 3 < words.Length; i += 4)
                {
                    if ((words[i] & 1) != 0
                        && (words[i] & Frame) == (directories[0] & Frame) && (words[i + 1] & Frame) == (directories[1] & Frame)
                        && (words[i + 2] & Frame) == (directories[2] & Frame) && (words[i + 3] & Frame) == (directories[3] & Frame)
                        && range.Start.Value + offset + (uint)i * 8 is var found && found != (directories[3] & Frame))
                    {
                        return new PhysicalAddress(found);
                    }
                }
            }
        }

        return null;
    }

    // A search for the pointers reads all memory below 4 GiB; pages that only look like directories must not buy many.
    private sealed class Allowance(int count)
    {
        private int _left = count;

        public bool TryTake() => _left-- > 0;
    }
}
