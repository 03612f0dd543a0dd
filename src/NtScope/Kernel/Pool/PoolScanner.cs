using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NtScope.Kernel.Pool;

/// <summary>
/// Finds pool headers by their tags in physical memory: the tag is the second dword of _POOL_HEADER, which stands on a multiple of its size.
/// Memory is compared as vectors of eight dwords; what is found are candidates that the caller proves.
/// </summary>
public static class PoolScanner
{
    private const int ChunkSize = 1 << 20;
    private const int VectorBytes = 32;
    private const int StepBytes = VectorBytes * 4;

    /// <summary>Calls <paramref name="found"/> for each candidate, ascending by address.</summary>
    /// <param name="memory">The memory to scan.</param>
    /// <param name="pointerSize">The size of a pointer, in bytes: headers have twice that size.</param>
    /// <param name="tags">The tags to look for, from 1 to 8.</param>
    /// <param name="found">Receives the candidate and the bytes from its header to the end of its page.</param>
    /// <param name="progress">Told how many bytes are done.</param>
    /// <param name="cancellation">Ends the scan with <see cref="OperationCanceledException"/>.</param>
    public static void Scan(
        IPhysicalMemory memory,
        int pointerSize,
        IReadOnlyList<PoolTag> tags,
        PoolHitHandler found,
        IProgress<Progress>? progress = null,
        CancellationToken cancellation = default)
    {
        if (tags.Count is 0 or > 8)
        {
            throw new ArgumentException("A scan takes from 1 to 8 tags.", nameof(tags));
        }

        var total = memory.Ranges.Sum(range => (long)range.Length);
        var chunk = GC.AllocateUninitializedArray<byte>(ChunkSize);
        long done = 0;
        foreach (var range in memory.Ranges)
        {
            for (ulong offset = 0; offset < range.Length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var length = (int)Math.Min(range.Length - offset, ChunkSize);
                var read = memory.Read(range.Start + offset, chunk.AsSpan(0, length), out _);
                ScanChunk(chunk.AsSpan(0, read), range.Start + offset, pointerSize * 2, tags, found);

                // A page that the medium does not give is passed over; the scan goes on behind it.
                var advance = read == length ? length : Math.Min(length, (read & ~0xFFF) + 0x1000);
                offset += (ulong)advance;
                done += advance;
                progress?.Report(new Progress("scanning memory for pool tags", done, total, ProgressUnit.Bytes));
            }
        }
    }

    private static void ScanChunk(ReadOnlySpan<byte> bytes, PhysicalAddress start, int headerSize, IReadOnlyList<PoolTag> tags, PoolHitHandler found)
    {
        Span<Vector256<uint>> wanted = stackalloc Vector256<uint>[tags.Count];
        for (var i = 0; i < wanted.Length; i++)
        {
            wanted[i] = Vector256.Create(tags[i].Value);
        }

        var offset = 0;
        ref var first = ref MemoryMarshal.GetReference(bytes);
        for (; offset + StepBytes <= bytes.Length; offset += StepBytes)
        {
            var match = Matches(ref Unsafe.Add(ref first, offset), wanted)
                | Matches(ref Unsafe.Add(ref first, offset + VectorBytes), wanted)
                | Matches(ref Unsafe.Add(ref first, offset + 2 * VectorBytes), wanted)
                | Matches(ref Unsafe.Add(ref first, offset + 3 * VectorBytes), wanted);
            if (match != Vector256<uint>.Zero)
            {
                Collect(bytes, offset, offset + StepBytes, start, headerSize, tags, found);
            }
        }

        Collect(bytes, offset, bytes.Length, start, headerSize, tags, found);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Matches(ref byte at, ReadOnlySpan<Vector256<uint>> wanted)
    {
        var dwords = Vector256.LoadUnsafe(ref at).AsUInt32() & Vector256.Create(~PoolTag.ProtectedBit);
        var match = Vector256.Equals(dwords, wanted[0]);
        for (var i = 1; i < wanted.Length; i++)
        {
            match |= Vector256.Equals(dwords, wanted[i]);
        }

        return match;
    }

    private static void Collect(ReadOnlySpan<byte> bytes, int from, int to, PhysicalAddress start, int headerSize, IReadOnlyList<PoolTag> tags, PoolHitHandler found)
    {
        // Ranges begin on page boundaries, so an offset is aligned as its address is.
        for (var header = (from + headerSize - 1) / headerSize * headerSize; header + headerSize <= to; header += headerSize)
        {
            var tag = new PoolTag(MemoryMarshal.Read<uint>(bytes[(header + sizeof(uint))..]) & ~PoolTag.ProtectedBit);
            for (var i = 0; i < tags.Count; i++)
            {
                if (tags[i] == tag)
                {
                    var address = start + (uint)header;
                    var pageLeft = 0x1000 - (int)(address.Value & 0xFFF);
                    found(new PoolHit(tag, address), bytes.Slice(header, Math.Min(pageLeft, bytes.Length - header)));
                    break;
                }
            }
        }
    }
}
