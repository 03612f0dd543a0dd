namespace NtScope.Symbols.Pdb;

/// <summary>The entries of a field list and of the lists that continue it. A list that refers back to itself ends there.</summary>
internal readonly struct FieldList(TypeRecords records, uint index)
{
    private const int PaddingLeaf = 0xf0;

    /// <summary>One entry: what it is, its name, its type, and its offset or value.</summary>
    internal readonly record struct Entry(TypeLeaf Leaf, string Name, uint Type, long Number);

    public List<Entry>.Enumerator GetEnumerator() => Read().GetEnumerator();

    private List<Entry> Read()
    {
        var entries = new List<Entry>();
        var next = index;
        for (uint? list = index; list is { } current; list = next < current ? next : null)
        {
            next = uint.MaxValue;
            var record = new RecordReader(records.Record(current));
            if ((TypeLeaf)record.ReadUInt16() != TypeLeaf.FieldList)
            {
                break;
            }

            while (record.Remaining >= 4 && entries.Count < Limits.FieldsPerType)
            {
                if (record.Peek >= PaddingLeaf)
                {
                    record.Skip(1);
                    continue;
                }

                var entry = ReadEntry(ref record);
                if (record.Failed)
                {
                    break;
                }

                if (entry.Leaf == TypeLeaf.Continuation)
                {
                    next = entry.Type;
                    break;
                }

                entries.Add(entry);
            }
        }

        return entries;
    }

    private static Entry ReadEntry(ref RecordReader record)
    {
        var leaf = (TypeLeaf)record.ReadUInt16();
        var attributes = record.ReadUInt16();
        uint type;
        switch (leaf)
        {
            case TypeLeaf.Enumerate:
                var value = record.ReadNumber();
                return new Entry(leaf, record.ReadName(), 0, value);
            case TypeLeaf.Member:
                type = record.ReadUInt32();
                var offset = record.ReadNumber();
                return new Entry(leaf, record.ReadName(), type, offset);
            case TypeLeaf.BaseClass:
                type = record.ReadUInt32();
                return new Entry(leaf, string.Empty, type, record.ReadNumber());
            case TypeLeaf.VirtualBaseClass or TypeLeaf.IndirectVirtualBaseClass:
                type = record.ReadUInt32();
                record.Skip(4);
                record.ReadNumber();
                return new Entry(leaf, string.Empty, type, record.ReadNumber());
            case TypeLeaf.Continuation or TypeLeaf.VirtualFunctionTable:
                return new Entry(leaf, string.Empty, record.ReadUInt32(), 0);
            case TypeLeaf.VirtualFunctionOffset:
                type = record.ReadUInt32();
                return new Entry(leaf, string.Empty, type, record.ReadUInt32());
            case TypeLeaf.StaticMember or TypeLeaf.Method or TypeLeaf.NestedType or TypeLeaf.NestedTypeExtended:
                type = record.ReadUInt32();
                return new Entry(leaf, record.ReadName(), type, 0);
            case TypeLeaf.OneMethod:
                type = record.ReadUInt32();
                record.Skip(((attributes >> 2) & 7) is 4 or 6 ? 4 : 0);
                return new Entry(leaf, record.ReadName(), type, 0);
            default:
                record.Skip(record.Remaining + 1);
                return default;
        }
    }
}
