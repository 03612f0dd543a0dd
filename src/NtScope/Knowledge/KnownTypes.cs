using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NtScope.Knowledge.Storage;
using NtScope.Symbols.Types;

namespace NtScope.Knowledge;

/// <summary>The structures of one real kernel, from embedded knowledge. A structure is decoded when it is asked for.</summary>
internal sealed class KnownTypes : ITypeSource
{
    private readonly TypeFile _file;
    private readonly int[] _structures;
    private readonly int[] _enumerations;
    private readonly ConcurrentDictionary<string, StructureLayout> _decoded;

    /// <summary>The types of a source.</summary>
    public KnownTypes(TypeFile file, TypeFile.SourceRecord record)
    {
        _file = file;
        (_structures, _enumerations) = file.ReadLists(record);
        _decoded = new ConcurrentDictionary<string, StructureLayout>(StringComparer.Ordinal);
        PointerSize = record.Architecture == ProcessorArchitecture.X86 ? sizeof(uint) : sizeof(ulong);
        Origin = record.FromSymbols ? $"symbols of {record.Version}" : $"published layouts of {record.Version}";
    }

    private KnownTypes(KnownTypes types, string origin)
    {
        _file = types._file;
        _structures = types._structures;
        _enumerations = types._enumerations;
        _decoded = types._decoded;
        PointerSize = types.PointerSize;
        Origin = origin;
    }

    /// <inheritdoc/>
    public string Origin { get; }

    /// <inheritdoc/>
    public int PointerSize { get; }

    /// <inheritdoc/>
    public IEnumerable<string> StructureNames
    {
        get
        {
            foreach (var structure in _structures)
            {
                yield return _file.Pool[NameOf(TypeFile.StructureOffsets, TypeFile.Structures, structure)];
            }
        }
    }

    /// <summary>The same types with another text of origin.</summary>
    public KnownTypes WithOrigin(string origin) => new(this, origin);

    /// <inheritdoc/>
    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout)
    {
        if (_decoded.TryGetValue(name, out layout))
        {
            return true;
        }

        if (!TryFind(_structures, TypeFile.StructureOffsets, TypeFile.Structures, name, out var number))
        {
            return false;
        }

        layout = _decoded.GetOrAdd(name, ReadStructure(number));
        return true;
    }

    /// <inheritdoc/>
    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        if (!TryFind(_enumerations, TypeFile.EnumerationOffsets, TypeFile.Enumerations, name, out var number))
        {
            return false;
        }

        var reader = _file.ReaderAt(TypeFile.EnumerationOffsets, TypeFile.Enumerations, number);
        var pool = _file.Pool;
        var ownName = pool[reader.ReadCount()];
        var size = reader.ReadNumber();
        var constants = new KeyValuePair<string, long>[reader.ReadCount()];
        for (var i = 0; i < constants.Length; i++)
        {
            constants[i] = KeyValuePair.Create(pool[reader.ReadCount()], reader.ReadInt64());
        }

        layout = new EnumerationLayout(ownName, size, constants);
        return true;
    }

    private StructureLayout ReadStructure(int number)
    {
        var reader = _file.ReaderAt(TypeFile.StructureOffsets, TypeFile.Structures, number);
        var pool = _file.Pool;
        var name = pool[reader.ReadCount()];
        var size = reader.ReadNumber();
        var isUnion = reader.ReadNumber() != 0;
        var fields = new FieldLayout[reader.ReadCount()];
        for (var i = 0; i < fields.Length; i++)
        {
            var fieldName = pool[reader.ReadCount()];
            var offset = reader.ReadNumber();
            var type = ReadReference(reader.ReadCount());
            var bitLength = (byte)reader.ReadNumber();
            fields[i] = new FieldLayout(fieldName, offset, type, bitLength == 0 ? (byte)0 : (byte)reader.ReadNumber(), bitLength);
        }

        return new StructureLayout(name, size, fields, isUnion);
    }

    private TypeReference ReadReference(int number)
    {
        var reader = _file.ReaderAt(TypeFile.ReferenceOffsets, TypeFile.References, number);
        var kind = (TypeKind)reader.ReadNumber();
        switch (kind)
        {
            case TypeKind.Base:
                return new TypeReference(kind, _file.Pool[reader.ReadCount()], reader.ReadNumber());
            case TypeKind.Pointer:
                return TypeReference.PointerTo(ReadReference(ElementBelow(reader.ReadCount(), number)), (uint)PointerSize);
            case TypeKind.Array:
                return TypeReference.ArrayOf(ReadReference(ElementBelow(reader.ReadCount(), number)), reader.ReadNumber());
            case TypeKind.Function:
                return new TypeReference(kind, string.Empty, 0);
            default:
                var name = _file.Pool[reader.ReadCount()];
                return new TypeReference(kind, name, SizeOf(kind, name));
        }
    }

    /// <summary>Elements are written before what is made of them, so decoding always ends.</summary>
    private static int ElementBelow(int element, int number) =>
        element < number ? element : throw new InvalidDataException("A type of embedded knowledge refers to itself.");

    /// <summary>The size of a structure or enumeration of this source by name; 0 if the source only mentions it.</summary>
    private uint SizeOf(TypeKind kind, string name)
    {
        var (list, offsets, definitions) = kind == TypeKind.Enumeration
            ? (_enumerations, TypeFile.EnumerationOffsets, TypeFile.Enumerations)
            : (_structures, TypeFile.StructureOffsets, TypeFile.Structures);
        if (!TryFind(list, offsets, definitions, name, out var number))
        {
            return kind == TypeKind.Enumeration ? sizeof(uint) : 0u;
        }

        var reader = _file.ReaderAt(offsets, definitions, number);
        reader.ReadNumber();
        return reader.ReadNumber();
    }

    private bool TryFind(int[] list, int offsets, int definitions, string name, out int number)
    {
        number = 0;
        if (!_file.Pool.TryFind(name, out var wanted))
        {
            return false;
        }

        var low = 0;
        var high = list.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = NameOf(offsets, definitions, list[middle]);
            if (found == wanted)
            {
                number = list[middle];
                return true;
            }

            if (found < wanted)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return false;
    }

    private int NameOf(int offsets, int definitions, int number) => _file.ReaderAt(offsets, definitions, number).ReadCount();
}
