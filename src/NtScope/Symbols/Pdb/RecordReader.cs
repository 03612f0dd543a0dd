using System.Buffers.Binary;
using System.Text;

namespace NtScope.Symbols.Pdb;

/// <summary>Reads the fields of one CodeView record front to back. Past the end every read gives zero and sets <see cref="Failed"/>.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> record)
{
    private readonly ReadOnlySpan<byte> _record = record;

    /// <summary>Bytes from the record's start to the next field.</summary>
    public int Position { get; private set; }

    /// <summary>Whether a field lay past the end, or was of no known form.</summary>
    public bool Failed { get; private set; }

    /// <summary>The bytes that are left.</summary>
    public readonly int Remaining => _record.Length - Position;

    /// <summary>The next byte without consuming it.</summary>
    public readonly byte Peek => Remaining > 0 ? _record[Position] : (byte)0;

    public void Skip(int count)
    {
        if (count < 0 || count > Remaining)
        {
            Failed = true;
            Position = _record.Length;
            return;
        }

        Position += count;
    }

    public byte ReadByte() => Take(1) is { IsEmpty: false } bytes ? bytes[0] : (byte)0;

    public ushort ReadUInt16() => Take(2) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;

    public uint ReadUInt32() => Take(4) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

    public ulong ReadUInt64() => Take(8) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    public Guid ReadGuid() => Take(16) is { IsEmpty: false } bytes ? new Guid(bytes) : Guid.Empty;

    /// <summary>A number in CodeView's variable form: small ones stand for themselves, larger ones follow a leaf that says their size.</summary>
    public long ReadNumber()
    {
        var leaf = ReadUInt16();
        switch (leaf)
        {
            case < 0x8000: return leaf;
            case 0x8000: return (sbyte)ReadByte();
            case 0x8001: return (short)ReadUInt16();
            case 0x8002: return ReadUInt16();
            case 0x8003: return (int)ReadUInt32();
            case 0x8004: return ReadUInt32();
            case 0x8009 or 0x800a: return unchecked((long)ReadUInt64());
            default:
                Failed = true;
                return 0;
        }
    }

    /// <summary>A name that ends with a zero byte, or with the record.</summary>
    public string ReadName() => Encoding.UTF8.GetString(ReadNameBytes());

    /// <summary>The bytes of such a name.</summary>
    public ReadOnlySpan<byte> ReadNameBytes()
    {
        var rest = _record[Position..];
        var length = rest.IndexOf((byte)0);
        if (length < 0)
        {
            length = rest.Length;
        }

        Position += Math.Min(length + 1, rest.Length);
        return rest[..Math.Min(length, Limits.NameBytes)];
    }

    /// <summary>A name behind its length in one byte, as records before 2003 have it.</summary>
    public string ReadCountedName() => Encoding.UTF8.GetString(Take(Math.Min(ReadByte(), Remaining)));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
        {
            Failed = true;
            Position = _record.Length;
            return default;
        }

        var bytes = _record.Slice(Position, count);
        Position += count;
        return bytes;
    }
}
