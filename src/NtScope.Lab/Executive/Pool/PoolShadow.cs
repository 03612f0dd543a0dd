namespace NtScope.Lab.Executive.Pool;

/// <summary>
/// What may be touched of a pool, in units of 16 bytes: 0 is no allocation, 1 to 16 that many bytes from the unit's start, and
/// <see cref="Freed"/> an allocation that was freed.
/// </summary>
internal sealed class PoolShadow(ulong start, int maximumChunks)
{
    /// <summary>The mark of freed memory.</summary>
    public const byte Freed = 0xFD;

    private const int ChunkBits = 20;
    private const int UnitBits = 4;
    private readonly byte[]?[] _chunks = new byte[]?[maximumChunks];

    /// <summary>Marks a block's bytes.</summary>
    public void Mark(ulong address, ulong size, bool freed)
    {
        var offset = address - start;
        for (var done = 0UL; done < size; done += 16)
        {
            ref var unit = ref UnitAt(offset + done);
            unit = freed ? Freed : (byte)Math.Min(16, size - done);
        }
    }

    /// <summary>Finds the first byte of an access that may not be touched.</summary>
    /// <param name="address">The access's start, inside the pool.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="state">What the bad unit is: 0, <see cref="Freed"/>, or 1 to 15 for the end of an allocation.</param>
    /// <returns>True if all of it may be touched.</returns>
    public bool Allows(ulong address, int size, out byte state)
    {
        var offset = address - start;
        var end = offset + (ulong)size;
        while (offset < end)
        {
            var chunk = offset >> ChunkBits < (ulong)_chunks.Length ? _chunks[(int)(offset >> ChunkBits)] : null;
            state = chunk is null ? (byte)0 : chunk[(int)(offset & ((1 << ChunkBits) - 1)) >> UnitBits];
            var last = Math.Min(end - (offset & ~0xFUL), 16);
            if (state == Freed || state < last)
            {
                return false;
            }

            offset = (offset & ~0xFUL) + 16;
        }

        state = 16;
        return true;
    }

    private ref byte UnitAt(ulong offset)
    {
        var chunk = _chunks[(int)(offset >> ChunkBits)] ??= new byte[1 << (ChunkBits - UnitBits)];
        return ref chunk[(int)(offset & ((1 << ChunkBits) - 1)) >> UnitBits];
    }
}
