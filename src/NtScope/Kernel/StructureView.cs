using System.Buffers.Binary;
using System.Text;
using NtScope.Reports;

namespace NtScope.Kernel;

/// <summary>
/// A kernel structure in memory. Fields are named by path; where builds name a field differently, several paths are given and the first that
/// the layouts have counts. A value that cannot be had is null: a failed read becomes a finding, a field that the layouts lack a note.
/// </summary>
public readonly struct StructureView
{
    private readonly KernelContext _context;
    private readonly ICollection<Finding>? _findings;

    internal StructureView(KernelContext context, string structure, VirtualAddress address, ICollection<Finding>? findings)
    {
        _context = context;
        Structure = structure;
        Address = address;
        _findings = findings;
    }

    /// <summary>The structure's name (<c>_EPROCESS</c>).</summary>
    public string Structure { get; }

    /// <summary>Where it is.</summary>
    public VirtualAddress Address { get; }

    /// <summary>Where a field is.</summary>
    public VirtualAddress? AddressOf(params ReadOnlySpan<string> paths) => Find(paths) is { } place ? Address + place.Offset : null;

    /// <summary>A number of up to eight bytes, or the bits of a bit field.</summary>
    public ulong? Number(params ReadOnlySpan<string> paths)
    {
        if (Find(paths) is not { } place)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var size = (int)Math.Clamp(place.Type.Size == 0 ? _context.PointerSize : place.Type.Size, 1, sizeof(ulong));
        if (!_context.Memory.TryRead(Address + place.Offset, bytes[..size], out var fault))
        {
            Fail(paths, fault);
            return null;
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return place.BitLength is 0 or 64 ? value : (value >> place.BitPosition) & ((1UL << place.BitLength) - 1);
    }

    /// <summary>A pointer.</summary>
    public VirtualAddress? Pointer(params ReadOnlySpan<string> paths) => Number(paths) is { } value ? new VirtualAddress(value) : null;

    /// <summary>A pointer with a count in its low bits (_EX_FAST_REF, _EX_CALLBACK).</summary>
    public VirtualAddress? FastReference(params ReadOnlySpan<string> paths) =>
        Pointer(paths) is { } value ? new VirtualAddress(value.Value & _context.FastReferenceMask) : null;

    /// <summary>A counted string (_UNICODE_STRING); empty if it has no characters. Untrusted text; one without end is cut, which becomes a finding.</summary>
    public string? Text(params ReadOnlySpan<string> paths) => Text(Limits.NameCharacters, paths);

    /// <summary>A counted string of which no more than <paramref name="characters"/> are taken over.</summary>
    public string? Text(int characters, params ReadOnlySpan<string> paths)
    {
        if (Find(paths) is not { } place)
        {
            return null;
        }

        var text = KernelText.ReadCounted(_context.Memory, Address + place.Offset, out var fault, characters);
        if (text is null)
        {
            Fail(paths, fault);
        }
        else if (text.Length > characters)
        {
            _findings?.Add(new Finding(FindingKinds.TextCut, $"{Structure}.{paths[0]} has more than {characters} characters"));
        }

        return text;
    }

    /// <summary>An array of bytes that holds characters up to a zero. Untrusted text.</summary>
    public string? Characters(params ReadOnlySpan<string> paths)
    {
        if (Find(paths) is not { } place)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[(int)Math.Min(place.Type.Size, 256)];
        if (!_context.Memory.TryRead(Address + place.Offset, bytes, out var fault))
        {
            Fail(paths, fault);
            return null;
        }

        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private FieldPlace? Find(ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (_context.PlaceOf(Structure, path) is { } place)
            {
                return place;
            }
        }

        _context.Note($"The layouts ({_context.Types.Origin}) have no {Structure}.{paths[0]}.");
        return null;
    }

    private void Fail(ReadOnlySpan<string> paths, ReadFault fault) =>
        _findings?.Add(new Finding(FindingKinds.Unreadable, $"{Structure}.{paths[0]} cannot be read: {fault}"));
}
