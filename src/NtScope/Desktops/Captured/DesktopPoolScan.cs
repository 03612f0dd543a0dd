using System.Buffers.Binary;
using NtScope.Kernel;
using NtScope.Kernel.Pool;

namespace NtScope.Desktops.Captured;

/// <summary>
/// Finds desktop objects by their pool tag, listed or not. A candidate must name a known window station, and its list of threads must lead
/// back to it, which also gives its virtual address.
/// </summary>
internal sealed class DesktopPoolScan(KernelContext context, Win32kOffsets offsets, SessionMemory sessions)
{
    private const int LongestHeaders = 0x100;

    /// <summary>The desktops.</summary>
    /// <param name="stations">The stations that are known, with their sessions.</param>
    /// <param name="progress">Told how far the scan is.</param>
    /// <param name="cancellation">Ends the scan.</param>
    public IReadOnlyList<CapturedDesktop> Find(IReadOnlyDictionary<VirtualAddress, int?> stations, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var found = new Dictionary<VirtualAddress, CapturedDesktop>();
        if (context.Target.Physical is not { } physical || context.Target.AddressSpaces is null)
        {
            context.Note("The pool was not scanned for desktops: this target shows no physical memory.");
            return [];
        }

        if (offsets.Proven("tagDESKTOP", "rpwinstaParent") is not { } parent || (offsets.Proven("tagDESKTOP", "PtiList") ?? offsets.Known("tagDESKTOP", "PtiList")) is not { } list)
        {
            context.Note("The pool was not scanned for desktops: no listed desktop proves the layout.");
            return [];
        }

        var candidatesLeft = Limits.PoolCandidates;
        PoolScanner.Scan(physical, context.Types.PointerSize, [PoolTag.Parse("Desk")], Consider, progress, cancellation);
        return [.. found.Values];

        void Consider(PoolHit hit, ReadOnlySpan<byte> page)
        {
            if (--candidatesLeft < 0)
            {
                context.Note($"The scan looked into {Limits.PoolCandidates} allocations of desktops and passed over the rest.");
                return;
            }

            for (var body = 0x20; body <= LongestHeaders && body + list + sizeof(ulong) <= page.Length; body += 0x10)
            {
                var station = new VirtualAddress(BinaryPrimitives.ReadUInt64LittleEndian(page[(int)(body + parent)..]));
                if (stations.TryGetValue(station, out var session)
                    && AddressOf(hit.Header + (uint)body, new VirtualAddress(BinaryPrimitives.ReadUInt64LittleEndian(page[(int)(body + list)..])), list, sessions.Of(session)) is { } address)
                {
                    found.TryAdd(address, new CapturedDesktop(address, station, ["pool"]));
                }
            }
        }
    }

    private VirtualAddress? AddressOf(PhysicalAddress physical, VirtualAddress first, uint list, IMemory memory)
    {
        if (IsAt(first - list, physical))
        {
            return first - list;
        }

        return memory.TryReadPointer(first + sizeof(ulong), out var head, out _) && IsAt(head - list, physical) ? head - list : null;
    }

    private bool IsAt(VirtualAddress candidate, PhysicalAddress physical)
    {
        var spaces = context.Target.AddressSpaces!;
        return (candidate.Value & 0xfff) == (physical.Value & 0xfff) && spaces.Explain(spaces.SystemDirectoryTable, candidate).Physical == physical;
    }
}
