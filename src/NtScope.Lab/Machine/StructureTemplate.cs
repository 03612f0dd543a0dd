using System.Buffers.Binary;

namespace NtScope.Lab.Machine;

/// <summary>A structure as it was written once, to be copied to other addresses: pointers into itself move along.</summary>
internal sealed class StructureTemplate
{
    private readonly byte[] _bytes;
    private readonly int[] _inside;
    private readonly ulong _start;

    /// <summary>Takes a structure.</summary>
    /// <param name="structure">A structure that has been written.</param>
    public StructureTemplate(LabStructure structure)
    {
        _start = structure.Address.Value;
        _bytes = structure.Space.Span(structure.Address, (int)structure.Size).ToArray();
        _inside = [.. Enumerable.Range(0, _bytes.Length / sizeof(ulong)).Select(slot => slot * sizeof(ulong))
            .Where(at => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at)) - _start < (ulong)_bytes.Length)];
    }

    /// <summary>Writes the structure at another address.</summary>
    /// <param name="destination">The memory there.</param>
    /// <param name="address">The address.</param>
    public void CopyTo(Span<byte> destination, ulong address)
    {
        _bytes.CopyTo(destination);
        foreach (var at in _inside)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[at..], BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at)) - _start + address);
        }
    }
}
