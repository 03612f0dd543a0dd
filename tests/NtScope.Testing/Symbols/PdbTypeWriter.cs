using System.Text;
using NtScope.Symbols.Types;

namespace NtScope.Testing.Symbols;

/// <summary>Writes type records: structures, unions and enumerations with all that they refer to, by forward references first.</summary>
internal sealed class PdbTypeWriter
{
    private const int LargestFieldList = 60_000;
    private const uint FirstIndex = 0x1000;
    private const uint HashBuckets = 0x3ffff;
    private readonly List<byte[]> _records = [];
    private readonly List<uint> _hashes = [];
    private readonly Dictionary<string, uint> _known = new(StringComparer.Ordinal);
    private readonly int _pointerSize;

    public PdbTypeWriter(int pointerSize) => _pointerSize = pointerSize;

    public void Add(StructureLayout layout)
    {
        var fields = new List<byte[]>();
        foreach (var field in layout.Fields)
        {
            var type = IndexOf(field.Type);
            if (field.BitLength > 0)
            {
                type = Intern(Record(0x1205, writer =>
                {
                    writer.Write(type);
                    writer.Write(field.BitLength);
                    writer.Write(field.BitPosition);
                }));
            }

            fields.Add(Entry(0x150d, type, field.Offset, field.Name));
        }

        var list = FieldList(fields);
        var record = Tag(layout.IsUnion ? (ushort)0x1506 : (ushort)0x1505, layout.Name, (ushort)fields.Count, 0, list, layout.Size);
        Append(record, PdbHash.OfName(layout.Name));
    }

    public void Add(EnumerationLayout layout)
    {
        var fields = layout.Constants.Select(constant => Fields(writer =>
        {
            writer.Write((ushort)0x1502);
            writer.Write((ushort)3);
            WriteNumber(writer, constant.Value);
            WriteName(writer, constant.Key);
        })).ToList();
        var list = FieldList(fields);
        var record = Record(0x1507, writer =>
        {
            writer.Write((ushort)fields.Count);
            writer.Write((ushort)0);
            writer.Write(layout.Size switch { 1 => 0x20u, 2 => 0x21u, 8 => 0x13u, _ => 0x74u });
            writer.Write(list);
            WriteName(writer, layout.Name);
        });
        Append(record, PdbHash.OfName(layout.Name));
    }

    /// <summary>The type stream, which refers to the hash stream by number.</summary>
    public byte[] Stream(ushort hashStream)
    {
        var (values, offsets) = (_hashes.Count * 4, OffsetTable().Length);
        return Bytes(writer =>
        {
            writer.Write(20040203);
            writer.Write(56);
            writer.Write(FirstIndex);
            writer.Write(FirstIndex + (uint)_records.Count);
            writer.Write(_records.Sum(record => record.Length));
            writer.Write(hashStream);
            writer.Write((ushort)0xffff);
            writer.Write(4);
            writer.Write(HashBuckets);
            writer.Write(0);
            writer.Write(values);
            writer.Write(values);
            writer.Write(offsets);
            writer.Write(values + offsets);
            writer.Write(0);
            _records.ForEach(writer.Write);
        });
    }

    /// <summary>The stream of hashes by which types are found by name.</summary>
    public byte[] HashStream() => Bytes(writer =>
    {
        _hashes.ForEach(hash => writer.Write(hash % HashBuckets));
        writer.Write(OffsetTable());
    });

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        return stream.ToArray();
    }

    private static byte[] Fields(Action<BinaryWriter> write) => Bytes(writer =>
    {
        write(writer);
        for (var padding = (int)(-writer.BaseStream.Length & 3); padding > 0; padding--)
        {
            writer.Write((byte)(0xf0 + padding));
        }
    });

    private static byte[] Record(ushort kind, Action<BinaryWriter> write)
    {
        var body = Fields(writer =>
        {
            writer.Write((ushort)0);
            writer.Write(kind);
            write(writer);
        });
        BitConverter.TryWriteBytes(body, (ushort)(body.Length - 2));
        return body;
    }

    private static byte[] Entry(ushort kind, uint type, uint offset, string name) => Fields(writer =>
    {
        writer.Write(kind);
        writer.Write((ushort)3);
        writer.Write(type);
        WriteNumber(writer, offset);
        WriteName(writer, name);
    });

    private static byte[] Tag(ushort kind, string name, ushort count, ushort properties, uint fieldList, uint size) => Record(kind, writer =>
    {
        writer.Write(count);
        writer.Write(properties);
        writer.Write(fieldList);
        if (kind != 0x1506) writer.Write(0L);
        WriteNumber(writer, size);
        WriteName(writer, name);
    });

    private static void WriteName(BinaryWriter writer, string name)
    {
        writer.Write(Encoding.UTF8.GetBytes(name));
        writer.Write((byte)0);
    }

    private static void WriteNumber(BinaryWriter writer, long value)
    {
        switch (value)
        {
            case >= 0 and < 0x8000:
                writer.Write((ushort)value);
                break;
            case >= short.MinValue and <= short.MaxValue:
                writer.Write((ushort)0x8001);
                writer.Write((short)value);
                break;
            case >= int.MinValue and <= int.MaxValue:
                writer.Write((ushort)0x8003);
                writer.Write((int)value);
                break;
            case >= 0 and <= uint.MaxValue:
                writer.Write((ushort)0x8004);
                writer.Write((uint)value);
                break;
            default:
                writer.Write((ushort)0x8009);
                writer.Write(value);
                break;
        }
    }

    private static uint SimpleIndex(TypeReference type) => type.Name switch
    {
        "char" => 0x70,
        "unsigned char" => 0x20,
        "wchar" => 0x71,
        "short" => 0x11,
        "unsigned short" => 0x21,
        "long" => 0x12,
        "unsigned long" => 0x22,
        "int" => 0x74,
        "unsigned int" => 0x75,
        "long long" => 0x13,
        "unsigned long long" => 0x23,
        "float" => 0x40,
        "double" => 0x41,
        "HRESULT" => 0x08,
        "bool" => 0x30,
        _ => 0x03,
    };

    private uint FieldList(List<byte[]> fields)
    {
        // A list that does not fit into one record is continued in another; the continuation has the lower index.
        var parts = new List<List<byte[]>> { new() };
        var bytes = 0;
        foreach (var field in fields)
        {
            if (bytes + field.Length > LargestFieldList)
            {
                parts.Add([]);
                bytes = 0;
            }

            parts[^1].Add(field);
            bytes += field.Length;
        }

        uint? continuation = null;
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            var record = Record(0x1203, writer =>
            {
                parts[i].ForEach(writer.Write);
                if (continuation is { } index)
                {
                    writer.Write((ushort)0x1404);
                    writer.Write((ushort)0);
                    writer.Write(index);
                }
            });
            continuation = Append(record, PdbHash.OfRecord(record));
        }

        return continuation!.Value;
    }

    private uint IndexOf(TypeReference type)
    {
        switch (type.Kind)
        {
            case TypeKind.Pointer:
                var target = IndexOf(type.Element!);
                return Intern(Record(0x1002, writer =>
                {
                    writer.Write(target);
                    writer.Write((type.Size << 13) | (type.Size == 8 ? 0xcu : 0xau));
                }));
            case TypeKind.Array:
                var element = IndexOf(type.Element!);
                return Intern(Record(0x1503, writer =>
                {
                    writer.Write(element);
                    writer.Write(_pointerSize == 8 ? 0x23u : 0x22u);
                    WriteNumber(writer, type.Size);
                    WriteName(writer, string.Empty);
                }));
            case TypeKind.Function:
                var result = type.Element is { } returned ? IndexOf(returned) : 0x03;
                var arguments = Intern(Record(0x1201, writer => writer.Write(0)));
                return Intern(Record(0x1008, writer =>
                {
                    writer.Write(result);
                    writer.Write(0);
                    writer.Write(arguments);
                }));
            case TypeKind.Structure:
                return Intern(Tag(0x1505, type.Name, 0, 0x80, 0, 0));
            case TypeKind.Union:
                return Intern(Tag(0x1506, type.Name, 0, 0x80, 0, 0));
            case TypeKind.Enumeration:
                return Intern(Record(0x1507, writer =>
                {
                    writer.Write((ushort)0);
                    writer.Write((ushort)0x80);
                    writer.Write(0x74u);
                    writer.Write(0u);
                    WriteName(writer, type.Name);
                }));
            default:
                return SimpleIndex(type);
        }
    }

    private uint Intern(byte[] record)
    {
        var key = Convert.ToBase64String(record);
        if (!_known.TryGetValue(key, out var index))
        {
            index = Append(record, PdbHash.OfRecord(record));
            _known.Add(key, index);
        }

        return index;
    }

    private uint Append(byte[] record, uint hash)
    {
        _records.Add(record);
        _hashes.Add(hash);
        return FirstIndex + (uint)_records.Count - 1;
    }

    private byte[] OffsetTable() => Bytes(writer =>
    {
        var offset = 0;
        var last = int.MinValue / 2;
        for (var i = 0; i < _records.Count; i++)
        {
            if (offset - last >= 8192)
            {
                writer.Write(FirstIndex + (uint)i);
                writer.Write(offset);
                last = offset;
            }

            offset += _records[i].Length;
        }
    });
}
