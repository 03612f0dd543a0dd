using System.Buffers.Binary;
using NtScope.Symbols.Types;

namespace NtScope.Kernel.Pool;

/// <summary>
/// Proves that a pool candidate is a dispatcher object of one kind, and finds its virtual address. The object behind the headers begins with
/// the same type and size (_DISPATCHER_HEADER) as a known one of its kind. A list inside an object gives its virtual address: an empty one
/// points at itself, the first entry of another points back at it. The address must translate to the candidate's own physical address.
/// </summary>
internal sealed class PoolObjectFinder
{
    /// <summary>The optional headers before an object take no more than this, in bytes.</summary>
    private const int OptionalHeaderBytes = 0x100;

    private readonly KernelContext _context;
    private readonly uint[] _listOffsets;
    private readonly uint _signature;
    private int _candidatesLeft = Limits.PoolCandidates;

    private PoolObjectFinder(KernelContext context, uint signature, uint[] listOffsets)
    {
        _context = context;
        _signature = signature;
        _listOffsets = listOffsets;
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
        return new PoolObjectFinder(context, header & SignatureMask, [.. lists]);
    }

    /// <summary>The type and the size of a dispatcher header; the bits between them change while the object lives.</summary>
    private const uint SignatureMask = 0x00FF_007F;

    /// <summary>The virtual address of the object behind a candidate; null if there is none.</summary>
    public VirtualAddress? Find(PoolHit hit, ReadOnlySpan<byte> page)
    {
        var alignment = _context.Types.PointerSize * 2;
        for (var body = alignment * 2; body + sizeof(uint) <= Math.Min(page.Length, OptionalHeaderBytes); body += alignment)
        {
            if ((BinaryPrimitives.ReadUInt32LittleEndian(page[body..]) & SignatureMask) != _signature)
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
        foreach (var offset in _listOffsets)
        {
            if (offset + _context.PointerSize > bytes.Length)
            {
                continue;
            }

            var next = new VirtualAddress(_context.PointerSize == sizeof(ulong)
                ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)offset..])
                : BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)offset..]));
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
