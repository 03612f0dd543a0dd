using System.Runtime.InteropServices;
using NtScope.Images;

namespace NtScope.Syscalls;

/// <summary>
/// Finds the service table of a mapped x86 kernel by what it must hold: the exported routines, each at the number that its Zw routine loads. Entries that
/// were changed do not vote; the place that most of the others agree on is the table.
/// </summary>
internal static class MappedTableSearch
{
    private const int FewestVotes = 4;
    private const int PageSize = 0x1000;

    /// <summary>The RVA of the table; null if too few routines are exported or fewer than half of them agree.</summary>
    /// <param name="image">The kernel as mapped; its memory holds addresses of 32 bits.</param>
    /// <param name="start">Where it is mapped.</param>
    /// <param name="pairs">Number and RVA of services whose routines are exported.</param>
    public static uint? Find(PeImage image, VirtualAddress start, IReadOnlyList<(int Number, uint Routine)> pairs)
    {
        if (pairs.Count < FewestVotes || image.Is64Bit)
        {
            return null;
        }

        var numbers = new Dictionary<uint, int>();
        foreach (var (number, routine) in pairs)
        {
            numbers.TryAdd((uint)start.Value + routine, number);
        }

        var votes = new Dictionary<uint, int>();
        var page = new byte[PageSize];
        var left = Limits.MappedSliceBytes;
        foreach (var section in image.Sections)
        {
            for (uint offset = 0; offset < section.VirtualSize && left >= PageSize; offset += PageSize, left -= PageSize)
            {
                var rva = section.Rva + offset;
                var length = image.Read(rva, page.AsSpan(0, (int)Math.Min(PageSize, section.VirtualSize - offset)), out _);
                var words = MemoryMarshal.Cast<byte, uint>(page.AsSpan(0, length));
                for (var i = 0; i < words.Length; i++)
                {
                    if (numbers.TryGetValue(words[i], out var number) && rva + (uint)(i * sizeof(uint)) is var place && place >= (uint)(number * sizeof(uint)))
                    {
                        var table = place - (uint)(number * sizeof(uint));
                        votes[table] = votes.GetValueOrDefault(table) + 1;
                    }
                }
            }
        }

        var best = votes.Count == 0 ? default : votes.MaxBy(vote => vote.Value);
        return best.Value >= FewestVotes && best.Value * 2 > numbers.Count ? best.Key : null;
    }
}
