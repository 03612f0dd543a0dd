using System.Buffers.Binary;
using NtScope.Symbols.Types;

namespace NtScope.Kernel.Pool;

/// <summary>
/// Proves that a pool candidate is an object of one kind, and finds its virtual address. The object behind the headers begins with the type and
/// size of its kind (_DISPATCHER_HEADER, _DRIVER_OBJECT). A list inside an object gives its virtual address: an empty one points at itself, the
/// first entry of another points back at it; so does a pointer at what is allocated with it. The address must translate to the candidate's own
/// physical address.
/// </summary>
internal sealed class PoolObjectFinder
{
    /// <summary>The optional headers before an object take no more than this, in bytes.</summary>
    private const int OptionalHeaderBytes = 0x100;

    private readonly KernelContext _context;
    private readonly uint _signature;
    private readonly uint _mask;
    private readonly uint[] _listOffsets;
    private readonly (uint Offset, uint Distance)[] _pointers;
    private int _candidatesLeft = Limits.PoolCandidates;

    private PoolObjectFinder(KernelContext context, uint signature, uint mask, uint[] listOffsets, params (uint Offset, uint Distance)[] pointers)
    {
        _context = context;
        _signature = signature & mask;
        _mask = mask;
        _listOffsets = listOffsets;
        _pointers = pointers;
    }

    /// <summary>A finder of objects like <paramref name="known"/>; null if that cannot be read.</summary>
    /// <param name="context">The kernel.</param>
    /// <param name="structure">The structure of the objects (<c>_EPROCESS</c>).</param>
    /// <param name="known">An object of the kind.</param>
    public static PoolObjectFinder? For(KernelContext context, string structure, VirtualAddress known)
    {
        if (context.Target.Physical is null || context.Target.AddressSpaces is null || !context.Memory.TryReadUInt32(known, out var header, out _))
        {
            return null;
        }

        var lists = new List<uint>();
        CollectLists(context.Types, structure, 0, lists, 0);
        return new PoolObjectFinder(context, header, DispatcherMask, [.. lists]);
    }

    /// <summary>A finder of driver objects, whose extension (_DRIVER_EXTENSION) is allocated right behind them; null if the layouts do not have them.</summary>
    public static PoolObjectFinder? ForDrivers(KernelContext context)
    {
        const uint DriverType = 4;
        return context.Target is { Physical: not null, AddressSpaces: not null }
            && context.SizeOf("_DRIVER_OBJECT") is > 0 and var size && context.OffsetOf("_DRIVER_OBJECT", "DriverExtension") is { } extension
                ? new PoolObjectFinder(context, DriverType | size << 16, uint.MaxValue, [], (extension, size))
                : null;
    }

    /// <summary>The type and the size of a dispatcher header; the bits between them change while the object lives.</summary>
    private const uint DispatcherMask = 0x00FF_007F;

    /// <summary>The virtual address of the object behind a candidate; null if there is none.</summary>
    public VirtualAddress? Find(PoolHit hit, ReadOnlySpan<byte> page)
    {
        var alignment = _context.Types.PointerSize * 2;
        for (var body = alignment * 2; body + sizeof(uint) <= Math.Min(page.Length, OptionalHeaderBytes); body += alignment)
        {
            if ((BinaryPrimitives.ReadUInt32LittleEndian(page[body..]) & _mask) != _signature)
            {
                continue;
            }

            if (_candidatesLeft-- <= 0)
            {
                _context.Note($"The scan looked into {Limits.PoolCandidates} allocations of one kind and passed over the rest.");
                return null;
            }

            if (FindAddress(hit.Header + (uint)body, page[body..]) is { } address)
            {
                return address;
            }
        }

        return null;
    }

    private VirtualAddress? FindAddress(PhysicalAddress physical, ReadOnlySpan<byte> bytes)
    {
        foreach (var (offset, distance) in _pointers)
        {
            if (PointerAt(bytes, offset) is { } behind && IsAt(behind - distance, physical))
            {
                return behind - distance;
            }
        }

        foreach (var offset in _listOffsets)
        {
            if (PointerAt(bytes, offset) is not { } next)
            {
                continue;
            }

            if (IsAt(next - offset, physical))
            {
                return next - offset;
            }

            if (_context.ReadPointer(next + _context.PointerSize) is { } back && IsAt(back - offset, physical))
            {
                return back - offset;
            }
        }

        return null;
    }

    private VirtualAddress? PointerAt(ReadOnlySpan<byte> bytes, uint offset) => offset + _context.PointerSize > bytes.Length
        ? null
        : new VirtualAddress(_context.PointerSize == sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)offset..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)offset..]));

    private bool IsAt(VirtualAddress candidate, PhysicalAddress physical)
    {
        var spaces = _context.Target.AddressSpaces!;
        return (candidate.Value & 0xFFF) == (physical.Value & 0xFFF)
            && spaces.Explain(spaces.SystemDirectoryTable, candidate).Physical == physical;
    }

    private static void CollectLists(ITypeSource types, string structure, uint start, List<uint> offsets, int depth)
    {
        if (depth > 3 || !types.TryGetStructure(structure, out var layout))
        {
            return;
        }

        foreach (var field in layout.Fields)
        {
            var (type, count) = field.Type.Kind == TypeKind.Array ? (field.Type.Element!, Math.Min(field.Type.Count, 4)) : (field.Type, 1u);
            for (uint i = 0; i < count && type.Kind == TypeKind.Structure; i++)
            {
                var offset = start + field.Offset + i * type.Size;
                if (string.Equals(type.Name, "_LIST_ENTRY", StringComparison.Ordinal))
                {
                    offsets.Add(offset);
                }
                else
                {
                    CollectLists(types, type.Name, offset, offsets, depth + 1);
                }
            }
        }
    }
}
