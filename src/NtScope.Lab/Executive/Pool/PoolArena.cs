using System.Buffers.Binary;
using NtScope.Lab.Cpu;
using NtScope.Lab.Executive.Memory;

namespace NtScope.Lab.Executive.Pool;

/// <summary>
/// One pool: blocks behind a POOL_HEADER that do not cross a page, and page-aligned blocks for what does not fit. Memory is mapped
/// a megabyte at a time. Freed blocks rest in a queue before they are used again, so that uses after the free show.
/// </summary>
internal sealed class PoolArena(GuestMemory memory, PoolKind kind, ulong start, ulong quarantineBytes)
{
    /// <summary>Bytes of addresses that a pool may take.</summary>
    public const ulong MaximumBytes = 256UL << 20;

    private const ulong HeaderBytes = 16;
    private const ulong ChunkBytes = 1UL << 20;
    private const ulong LargestSmall = GuestMemory.PageSize - HeaderBytes;
    private const ulong CacheLine = 64;
    private const ulong LargestAligned = GuestMemory.PageSize - CacheLine;
    private readonly Stack<ulong>[] _free = new Stack<ulong>[(int)(GuestMemory.PageSize / 16) + 1];
    private readonly Stack<ulong>[] _freeAligned = new Stack<ulong>[(int)(GuestMemory.PageSize / 16) + 1];
    private readonly Dictionary<ulong, Stack<ulong>> _freePages = [];
    private readonly Queue<(ulong Block, ulong Bytes)> _resting = new();
    private ulong _restingBytes;
    private ulong _next = start;
    private ulong _page;
    private ulong _pageUsed = GuestMemory.PageSize;
    private byte _previousUnits;
    private ulong _mappedEnd = start;

    /// <summary>Which pool.</summary>
    public PoolKind Kind { get; } = kind;

    /// <summary>The first address.</summary>
    public ulong Start { get; } = start;

    /// <summary>The address behind the last that it may take.</summary>
    public ulong End => Start + MaximumBytes;

    /// <summary>What may be touched.</summary>
    public PoolShadow Shadow { get; } = new(start, (int)(MaximumBytes / ChunkBytes));

    /// <summary>Whether a block has a POOL_HEADER in front of it: those that fill pages have none.</summary>
    public static bool HasHeader(ulong address) => address % GuestMemory.PageSize != 0;

    /// <summary>What an allocation is charged as, in bytes.</summary>
    public static ulong ChargeOf(ulong size) => size <= LargestSmall ? UnitsOf(size) * 16UL : RoundPages(size);

    /// <summary>Who watches what is touched; null for nobody.</summary>
    public PoolGuard? Guard { get; set; }

    /// <summary>Allocates a block.</summary>
    /// <param name="size">Its bytes.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="cacheAligned">Whether it begins at a cache line.</param>
    /// <returns>Its first byte; 0 if the pool is used up.</returns>
    public ulong Allocate(ulong size, uint tag, bool cacheAligned = false)
    {
        var isSmall = size <= (cacheAligned ? LargestAligned : LargestSmall);
        var address = isSmall ? AllocateSmall(size, tag, cacheAligned) : AllocatePages(size);
        if (address != 0)
        {
            Shadow.Mark(address, Math.Max(size, 1), freed: false);
        }

        return address;
    }

    /// <summary>The POOL_HEADER in front of a block, which nobody but the pool may touch.</summary>
    public unsafe Span<byte> HeaderOf(ulong block)
    {
        var region = memory.Find(block - HeaderBytes)!;
        return new Span<byte>(region.Host + (block - HeaderBytes - region.Start), (int)HeaderBytes);
    }

    /// <summary>Frees a block.</summary>
    public void Free(ulong address, ulong size)
    {
        var bytes = BytesOf(address, size);
        var body = HasHeader(address) ? bytes - HeaderBytes : bytes;
        if (quarantineBytes == 0)
        {
            Shadow.Mark(address, body, freed: true);
            Reuse(address, size);
            return;
        }

        memory.Span(address, (int)Math.Min(size, GuestMemory.PageSize), MemoryAccess.Write).Fill(PoolShadow.Freed);
        Shadow.Mark(address, body, freed: true);
        _resting.Enqueue((address, size));
        _restingBytes += bytes;
        while (_restingBytes > quarantineBytes)
        {
            var (block, blockSize) = _resting.Dequeue();
            _restingBytes -= BytesOf(block, blockSize);
            Reuse(block, blockSize);
        }
    }

    private static ulong BytesOf(ulong address, ulong size) => HasHeader(address) ? UnitsOf(size) * 16UL : RoundPages(Math.Max(size, 1));

    private static ulong UnitsOf(ulong size) => (Math.Max(size, 1) + HeaderBytes + 15) / 16;

    private static ulong RoundPages(ulong size) => (size + GuestMemory.PageSize - 1) & ~(GuestMemory.PageSize - 1);

    private void Reuse(ulong address, ulong size)
    {
        if (HasHeader(address))
        {
            var free = address % CacheLine == 0 ? _freeAligned : _free;
            (free[UnitsOf(size)] ??= new Stack<ulong>()).Push(address);
        }
        else
        {
            var bytes = RoundPages(size);
            if (!_freePages.TryGetValue(bytes, out var stack))
            {
                _freePages.Add(bytes, stack = new Stack<ulong>());
            }

            stack.Push(address);
        }
    }

    private ulong AllocateSmall(ulong size, uint tag, bool cacheAligned)
    {
        var units = UnitsOf(size);
        if ((!cacheAligned && _free[units] is { Count: > 0 } stack) || (stack = _freeAligned[units]) is { Count: > 0 })
        {
            var reused = stack.Pop();
            BinaryPrimitives.WriteUInt32LittleEndian(HeaderOf(reused)[4..], tag);
            return reused;
        }

        if (cacheAligned)
        {
            AlignNext(units);
        }

        if (_pageUsed + (units * 16) > GuestMemory.PageSize)
        {
            var page = TakePages(GuestMemory.PageSize);
            if (page == 0)
            {
                return 0;
            }

            _page = page;
            _pageUsed = 0;
            _previousUnits = 0;
            if (cacheAligned)
            {
                AlignNext(units);
            }
        }

        return TakeUnits(units, Kind == PoolKind.Paged ? 3u : 2u, tag) + HeaderBytes;
    }

    // Puts a free block in front of the next one, so that it begins at a cache line; nothing if the page has no room for both.
    private void AlignNext(ulong units)
    {
        var padding = (CacheLine - ((_pageUsed + HeaderBytes) % CacheLine)) % CacheLine / 16;
        if (_pageUsed + ((padding + units) * 16) > GuestMemory.PageSize)
        {
            _pageUsed = GuestMemory.PageSize;
        }
        else if (padding > 0)
        {
            TakeUnits(padding, 0, 0);
        }
    }

    private ulong TakeUnits(ulong units, uint type, uint tag)
    {
        var header = _page + _pageUsed;
        _pageUsed += units * 16;
        var bytes = HeaderOf(header + HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], tag);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, _previousUnits | ((uint)(byte)units << 16) | (type << 24));
        _previousUnits = (byte)units;
        return header;
    }

    private ulong AllocatePages(ulong size)
    {
        var bytes = RoundPages(size);
        return _freePages.TryGetValue(bytes, out var stack) && stack.TryPop(out var reused) ? reused : TakePages(bytes);
    }

    private ulong TakePages(ulong bytes)
    {
        if (bytes > End - _next)
        {
            return 0;
        }

        // A block lies in one mapping, so that the executive can reach all of it at once.
        if (_next + bytes > _mappedEnd)
        {
            if (bytes > End - _mappedEnd)
            {
                return 0;
            }

            _next = _mappedEnd;
        }

        while (_next + bytes > _mappedEnd)
        {
            var chunks = (_next + bytes - _mappedEnd + ChunkBytes - 1) / ChunkBytes * ChunkBytes;
            if (!memory.HasRoom(chunks))
            {
                return 0;
            }

            var access = MemoryAccess.ReadWrite | (Kind == PoolKind.NonPagedExecute ? MemoryAccess.Execute : MemoryAccess.None);
            memory.Map(Kind == PoolKind.Paged ? "paged pool" : "nonpaged pool", _mappedEnd, chunks, access).Guard = Guard;
            _mappedEnd += chunks;
        }

        var address = _next;
        _next += bytes;
        return address;
    }
}
