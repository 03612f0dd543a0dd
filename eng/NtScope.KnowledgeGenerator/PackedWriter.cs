using System.Buffers;
using System.Buffers.Binary;
using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Writes what <see cref="PackedReader"/> reads.</summary>
internal sealed class PackedWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>How many bytes are written.</summary>
    public int Length => _bytes.WrittenCount;

    /// <summary>Writes a packed number.</summary>
    public PackedWriter Number(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Bytes([(byte)(value | 0x80)]);
        }

        return Bytes([(byte)value]);
    }

    /// <summary>Writes a packed index or count.</summary>
    public PackedWriter Count(int value) => Number(checked((uint)value));

    /// <summary>Writes two bytes.</summary>
    public PackedWriter UInt16(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value));
        return Bytes(bytes);
    }

    /// <summary>Writes four bytes.</summary>
    public PackedWriter UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    /// <summary>Writes eight bytes.</summary>
    public PackedWriter Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    /// <summary>Writes a file version as four packed numbers.</summary>
    public PackedWriter Version(Images.FileVersion version) =>
        Count(version.Major).Count(version.Minor).Count(version.Build).Count(version.Revision);

    /// <summary>Writes bytes as they stand.</summary>
    public PackedWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
