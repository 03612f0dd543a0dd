using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Memory;

/// <summary>
/// A kernel pool whose blocks carry real <c>_POOL_HEADER</c>s: sizes in units of 16 bytes (8 on x86), type, tag. Blocks of more than a page less its
/// headers are whole pages without a header, as in Windows. What is freed keeps its bytes and its tag until it is used again.
/// </summary>
public sealed class KernelPool : IKernelPool
{
    private const ulong ChunkSize = 1 << 20;
    private const byte InUse = 2;
    private const byte PagedBit = 1;
    private const byte OldNonPaged = 1;
    private const byte OldPaged = 2;
    private const int NarrowSizeBits = 9;

    private readonly LabAddressSpace _space;
    private readonly bool _chained;
    private readonly PageAccess _access;
    private readonly byte _type;
    private readonly ulong _limit;
    private readonly Dictionary<int, Stack<VirtualAddress>> _free = [];
    private readonly Dictionary<VirtualAddress, int> _sizes = [];
    private VirtualAddress _next;
    private ulong _mappedEnd;
    private int _previousUnits;

    /// <summary>An empty pool.</summary>
    /// <param name="space">The system's address space, or a process's for a session's pool.</param>
    /// <param name="start">Where the pool begins; page aligned.</param>
    /// <param name="limit">How large it may grow, in bytes.</param>
    /// <param name="paged">Whether it is paged pool. The lab never pages it out.</param>
    /// <param name="executable">Whether its pages are executable, as nonpaged pool is by old flags.</param>
    /// <param name="chained">Whether each header holds the size of the block before it: up to build 17763; the segment heap since leaves 0.</param>
    /// <param name="oldTypes">Whether headers hold the type counted from 1, as before Vista, and not a bit for use and one for the type.</param>
    public KernelPool(LabAddressSpace space, VirtualAddress start, ulong limit, bool paged, bool executable, bool chained, bool oldTypes = false)
    {
        _space = space;
        _next = start;
        _mappedEnd = start.Value;
        _limit = start.Value + limit;
        _type = oldTypes ? (paged ? OldPaged : OldNonPaged) : (byte)(InUse | (paged ? PagedBit : 0));
        HeaderSize = 2 * space.PointerSize;
        _access = PageAccess.Write | (executable ? PageAccess.Execute : PageAccess.Read);
        _chained = chained;
        Start = start;
    }

    /// <summary>Where it begins.</summary>
    public VirtualAddress Start { get; }

    /// <summary>The size of <c>_POOL_HEADER</c> and the unit of block sizes, in bytes: that of two pointers.</summary>
    public int HeaderSize { get; }

    private int LargestBlock => PhysicalRam.PageSize - 2 * HeaderSize;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="tag">What it holds.</param>
    /// <returns>The first byte behind the header; a multiple of the header's size.</returns>
    /// <exception cref="InvalidOperationException">The pool is full.</exception>
    public VirtualAddress Allocate(int length, PoolTag tag)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        var units = Units(length);
        if (!_free.TryGetValue(units, out var freed) || !freed.TryPop(out var address))
        {
            address = length > LargestBlock ? TakePages(length) : TakeBlock(units);
        }
        else
        {
            Clear(address, length);
        }

        _sizes[address] = length;
        if (length <= LargestBlock)
        {
            var header = _space.Span(address - (ulong)HeaderSize, HeaderSize);
            SetType(header, _type);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], tag.Value);
        }

        return address;
    }

    /// <summary>Frees what <see cref="Allocate"/> returned. The bytes stay until the block is used again.</summary>
    /// <returns>False if nothing that is in use starts there.</returns>
    public bool Free(VirtualAddress address)
    {
        if (!_sizes.Remove(address, out var length))
        {
            return false;
        }

        if (length <= LargestBlock)
        {
            SetType(_space.Span(address - (ulong)HeaderSize, HeaderSize), 0);
        }

        var units = Units(length);
        if (!_free.TryGetValue(units, out var freed))
        {
            _free[units] = freed = new Stack<VirtualAddress>();
        }

        freed.Push(address);
        return true;
    }

    /// <summary>How many bytes the block at <paramref name="address"/> was asked for with; null if none in use starts there.</summary>
    public int? SizeOf(VirtualAddress address) => _sizes.TryGetValue(address, out var length) ? length : null;

    private int Units(int length) => length > LargestBlock
        ? (length + PhysicalRam.PageSize - 1) / PhysicalRam.PageSize * PhysicalRam.PageSize
        : (length + 2 * HeaderSize - 1) / HeaderSize;

    private VirtualAddress TakeBlock(int units)
    {
        var left = PhysicalRam.PageSize - (int)(_next.Value % PhysicalRam.PageSize);
        if (left < units * HeaderSize)
        {
            WriteHeader(_next, left / HeaderSize);
            BinaryPrimitives.WriteUInt32LittleEndian(_space.Span(_next + 4, 4), PoolTag.Of("Free").Value);
            _next += (ulong)left;
            left = PhysicalRam.PageSize;
        }

        if (left == PhysicalRam.PageSize)
        {
            _previousUnits = 0;
            EnsureMapped(PhysicalRam.PageSize);
        }

        var block = _next;
        WriteHeader(block, units);
        _next += (ulong)(units * HeaderSize);
        _previousUnits = units;
        return block + (ulong)HeaderSize;
    }

    private VirtualAddress TakePages(int length)
    {
        var left = (ulong)(PhysicalRam.PageSize - (int)(_next.Value % PhysicalRam.PageSize)) % PhysicalRam.PageSize;
        if (left > 0)
        {
            WriteHeader(_next, (int)left / HeaderSize);
            _next += left;
        }

        EnsureMapped((ulong)length);
        var pages = _next;
        _next += (ulong)Units(length);
        return pages;
    }

    private void WriteHeader(VirtualAddress at, int units)
    {
        var header = _space.Span(at, HeaderSize);
        header.Clear();
        var previous = _chained ? _previousUnits : 0;
        if (IsNarrow)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)previous);
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)units);
        }
        else
        {
            header[0] = (byte)previous;
            header[2] = (byte)units;
        }
    }

    // On x86 sizes have nine bits, and the type the seven above them.
    private bool IsNarrow => _space.PointerSize == sizeof(uint);

    private void SetType(Span<byte> header, byte type)
    {
        if (IsNarrow)
        {
            var size = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]) & ((1 << NarrowSizeBits) - 1);
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(size | type << NarrowSizeBits));
        }
        else
        {
            header[3] = type;
        }
    }

    // One chunk at a time, so that regions stay few; a larger allocation gets a chunk of its own.
    private void EnsureMapped(ulong length)
    {
        if (_next.Value + length <= _mappedEnd)
        {
            return;
        }

        var size = Math.Max(ChunkSize, (length + PhysicalRam.PageSize - 1) / PhysicalRam.PageSize * PhysicalRam.PageSize);
        if (length > PhysicalRam.PageSize)
        {
            _next = new VirtualAddress(_mappedEnd);
        }

        if (_mappedEnd + size > _limit)
        {
            throw new InvalidOperationException($"the lab machine's pool at {Start} is full");
        }

        _space.Allocate(new VirtualAddress(_mappedEnd), size, _access);
        _mappedEnd += size;
    }

    private void Clear(VirtualAddress address, int length) => _space.Span(address, length).Clear();
}
