using System.Buffers.Binary;

namespace NtScope.Symbols.Pdb;

/// <summary>The TPI stream (2): type records by their index. Indices below <see cref="FirstIndex"/> are the compiler's simple types.</summary>
internal sealed class TypeRecords
{
    private const int Stream = 2;
    private const int HeaderBytes = 56;
    private readonly byte[] _bytes;
    private readonly int[] _offsets;

    /// <summary>Reads the stream and finds where each record starts.</summary>
    /// <exception cref="InputException">The stream's header lies.</exception>
    public TypeRecords(MultiStreamFile file)
    {
        _bytes = file.ReadStream(Stream);
        if (_bytes.Length < HeaderBytes)
        {
            _offsets = [];
            return;
        }

        var headerBytes = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(4));
        FirstIndex = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(8));
        var endIndex = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(12));
        if (headerBytes < HeaderBytes || headerBytes > _bytes.Length || FirstIndex < 0x1000 || endIndex < FirstIndex || endIndex - FirstIndex > Limits.TypeRecords)
        {
            throw new InputException(file.Name, "TPI stream", 0, "the header of the type records lies");
        }

        var offsets = new List<int>((int)Math.Min(endIndex - FirstIndex, (uint)_bytes.Length / 4));
        for (var position = headerBytes; position + 4 <= _bytes.Length && offsets.Count < endIndex - FirstIndex;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(position));
            if (length < 2 || position + 2 + length > _bytes.Length)
            {
                break;
            }

            offsets.Add(position);
            position += 2 + length;
        }

        _offsets = [.. offsets];
    }

    /// <summary>The index of the first record, 1000h in every PDB so far.</summary>
    public uint FirstIndex { get; }

    /// <summary>The index behind the last record.</summary>
    public uint EndIndex => FirstIndex + (uint)_offsets.Length;

    /// <summary>The record of this index without its length: its kind, then its fields. Empty if there is none.</summary>
    public ReadOnlySpan<byte> Record(uint index)
    {
        if (index < FirstIndex || index >= EndIndex)
        {
            return [];
        }

        var offset = _offsets[index - FirstIndex];
        return _bytes.AsSpan(offset + 2, BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset)));
    }
}
