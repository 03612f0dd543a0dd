using System.Buffers.Binary;

namespace NtScope.Knowledge.Storage;

/// <summary>Reads packed numbers one behind the other. Numbers are LEB128: seven bits a byte, lowest first.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes, int position = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next number stands, in bytes from the start.</summary>
    public int Position { get; private set; } = position;

    /// <summary>Reads an unsigned number of up to 32 bits.</summary>
    public uint ReadNumber()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = _bytes[Position++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A packed number of embedded knowledge has more than 32 bits.");
    }

    /// <summary>Reads a number of up to 32 bits as an index or a count.</summary>
    public int ReadCount() => checked((int)ReadNumber());

    /// <summary>Reads an eight-byte number.</summary>
    public long ReadInt64()
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(_bytes[Position..]);
        Position += sizeof(long);
        return value;
    }

    /// <summary>Reads a GUID in the byte order of Windows.</summary>
    public Guid ReadGuid()
    {
        var value = new Guid(_bytes.Slice(Position, 16));
        Position += 16;
        return value;
    }

    /// <summary>Reads <paramref name="count"/> bytes as they stand.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        var value = _bytes.Slice(Position, count);
        Position += count;
        return value;
    }
}
