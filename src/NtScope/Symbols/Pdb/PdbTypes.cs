using System.Diagnostics.CodeAnalysis;
using NtScope.Symbols.Types;

namespace NtScope.Symbols.Pdb;

/// <summary>
/// The structure layouts of a PDB. A structure without a name of its own is called <c>&lt;unnamed-tag&gt;@1a2b</c> after its index, so
/// that each can be looked up. Layouts are made when they are asked for; references inside them are by name, so cycles cost nothing.
/// </summary>
internal sealed class PdbTypes : ITypeSource
{
    private readonly TypeRecords _records;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, uint> _structures = new(StringComparer.Ordinal);
    private readonly Dictionary<string, uint> _enumerations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StructureLayout> _layouts = new(StringComparer.Ordinal);
    private string[]? _names;

    public PdbTypes(TypeRecords records, string origin, int pointerSize)
    {
        _records = records;
        Origin = origin;
        PointerSize = pointerSize;
        for (var index = records.FirstIndex; index < records.EndIndex; index++)
        {
            if (TypeDefinition.TryRead(records.Record(index), index, out var definition) && !definition.IsForward)
            {
                (definition.IsEnumeration ? _enumerations : _structures).TryAdd(definition.Name, index);
            }
        }
    }

    public string Origin { get; }

    public int PointerSize { get; }

    public IEnumerable<string> StructureNames
    {
        get
        {
            lock (_lock)
            {
                if (_names is null)
                {
                    _names = [.. _structures.Keys];
                    Array.Sort(_names, StringComparer.Ordinal);
                }

                return _names;
            }
        }
    }

    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout)
    {
        lock (_lock)
        {
            if (_layouts.TryGetValue(name, out layout))
            {
                return true;
            }

            if (!_structures.TryGetValue(name, out var index) || !TypeDefinition.TryRead(_records.Record(index), index, out var definition))
            {
                return false;
            }

            var fields = new List<FieldLayout>();
            ReadFields(definition.FieldList, fields);
            layout = new StructureLayout(name, definition.Size, fields, definition.IsUnion);
            _layouts.Add(name, layout);
            return true;
        }
    }

    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        if (!_enumerations.TryGetValue(name, out var index) || !TypeDefinition.TryRead(_records.Record(index), index, out var definition))
        {
            return false;
        }

        var underlying = Reference(definition.UnderlyingType, 0);
        var constants = new List<KeyValuePair<string, long>>();
        foreach (var entry in new FieldList(_records, definition.FieldList))
        {
            if (entry.Leaf == TypeLeaf.Enumerate) constants.Add(new(entry.Name, Narrow(entry.Number, underlying)));
        }

        layout = new EnumerationLayout(name, underlying.Size, constants);
        return true;
    }

    // Some compilers write a negative constant as the unsigned number of the same bits.
    private static long Narrow(long value, TypeReference underlying) => underlying.Name switch
    {
        "char" or "signed char" => unchecked((sbyte)value),
        "short" => unchecked((short)value),
        "int" or "long" => unchecked((int)value),
        _ => value,
    };

    private void ReadFields(uint fieldList, List<FieldLayout> fields)
    {
        foreach (var entry in new FieldList(_records, fieldList))
        {
            if (entry.Leaf is TypeLeaf.Member or TypeLeaf.BaseClass && entry.Number is >= 0 and <= uint.MaxValue)
            {
                var offset = (uint)entry.Number;
                var record = new RecordReader(_records.Record(entry.Type));
                if ((TypeLeaf)record.ReadUInt16() == TypeLeaf.BitField)
                {
                    var unit = Reference(record.ReadUInt32(), 0);
                    var length = record.ReadByte();
                    fields.Add(new FieldLayout(entry.Name, offset, unit, record.ReadByte(), length));
                }
                else
                {
                    var type = Reference(entry.Type, 0);
                    fields.Add(new FieldLayout(entry.Leaf == TypeLeaf.BaseClass ? type.Name : entry.Name, offset, type));
                }
            }
            else if (entry.Leaf == TypeLeaf.VirtualFunctionTable)
            {
                fields.Add(new FieldLayout("__VFN_table", 0, TypeReference.PointerTo(SimpleType.Of(0), (uint)PointerSize)));
            }
        }
    }

    private TypeReference Reference(uint index, int depth)
    {
        if (index < _records.FirstIndex || depth >= Limits.TypeDepth)
        {
            return SimpleType.Of(depth >= Limits.TypeDepth ? 0 : index);
        }

        var bytes = _records.Record(index);
        var record = new RecordReader(bytes);
        switch ((TypeLeaf)record.ReadUInt16())
        {
            case TypeLeaf.Modifier:
                return Reference(record.ReadUInt32(), depth + 1);
            case TypeLeaf.Pointer:
                var target = record.ReadUInt32();
                var size = (record.ReadUInt32() >> 13) & 0x3f;
                return TypeReference.PointerTo(Reference(target, depth + 1), size == 0 ? (uint)PointerSize : size);
            case TypeLeaf.Array:
                var element = Reference(record.ReadUInt32(), depth + 1);
                record.Skip(4);
                var bytesInAll = record.ReadNumber();
                var count = element.Size == 0 || bytesInAll is < 0 or > uint.MaxValue ? 0 : (uint)(bytesInAll / element.Size);
                return TypeReference.ArrayOf(element, count);
            case TypeLeaf.Procedure or TypeLeaf.MemberFunction:
                return new TypeReference(TypeKind.Function, string.Empty, 0, Reference(record.ReadUInt32(), depth + 1));
            case TypeLeaf.BitField:
                return Reference(record.ReadUInt32(), depth + 1);
            default:
                return TypeDefinition.TryRead(bytes, index, out var definition) ? Named(definition, depth) : SimpleType.Of(0);
        }
    }

    private TypeReference Named(TypeDefinition definition, int depth)
    {
        var known = definition.IsEnumeration ? _enumerations : _structures;
        if (definition.IsForward && known.TryGetValue(definition.Name, out var index))
        {
            TypeDefinition.TryRead(_records.Record(index), index, out definition);
        }

        return definition.IsEnumeration
            ? new TypeReference(TypeKind.Enumeration, definition.Name, Reference(definition.UnderlyingType, depth + 1).Size)
            : new TypeReference(definition.IsUnion ? TypeKind.Union : TypeKind.Structure, definition.Name, definition.Size);
    }
}
