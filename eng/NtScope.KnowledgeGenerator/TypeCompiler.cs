using NtScope.Knowledge.Storage;
using NtScope.Symbols.Types;

namespace NtScope.KnowledgeGenerator;

/// <summary>Makes <c>types.bin</c>.</summary>
internal sealed class TypeCompiler
{
    private readonly StringPoolBuilder _names = new();
    private readonly Dictionary<string, int> _referenceNumbers = new(StringComparer.Ordinal);
    private readonly PackedWriter _referenceOffsets = new();
    private readonly PackedWriter _references = new();

    /// <summary>Compiles the types of kernels with symbols and of those with published layouts.</summary>
    public static byte[] Compile(IReadOnlyList<IsfKernel> kernels, IReadOnlyList<TypeSet> published) => new TypeCompiler().Write(
    [
        .. kernels.Select(kernel => new TypeSet(kernel.Version, ProcessorArchitecture.X64, true, kernel.Structures, kernel.Enumerations)),
        .. published,
    ]);

    private byte[] Write(IReadOnlyList<TypeSet> sets)
    {
        var sections = new byte[TypeFile.SectionCount][];
        foreach (var set in sets)
        {
            AddNames(set);
        }

        sections[TypeFile.Names] = _names.Build();
        var structures = Number(sets.SelectMany(set => set.Structures), structure => structure.Name, PackStructure, out var structureOffsets, out var structureBytes);
        var enumerations = Number(sets.SelectMany(set => set.Enumerations), enumeration => enumeration.Name, PackEnumeration, out var enumerationOffsets, out var enumerationBytes);
        sections[TypeFile.ReferenceOffsets] = _referenceOffsets.ToArray();
        sections[TypeFile.References] = _references.ToArray();
        sections[TypeFile.StructureOffsets] = structureOffsets;
        sections[TypeFile.Structures] = structureBytes;
        sections[TypeFile.EnumerationOffsets] = enumerationOffsets;
        sections[TypeFile.Enumerations] = enumerationBytes;

        var directory = new PackedWriter().Count(sets.Count);
        var lists = new PackedWriter();
        foreach (var set in sets)
        {
            directory.Version(set.Version).Count((int)set.Architecture).Count(set.FromSymbols ? 1 : 0)
                .Count(set.Structures.Count).Count(set.Enumerations.Count).Count(lists.Length);
            WriteList(lists, set.Structures.Select(structure => structures[structure]));
            WriteList(lists, set.Enumerations.Select(enumeration => enumerations[enumeration]));
        }

        sections[TypeFile.Sources] = directory.ToArray();
        sections[TypeFile.SourceLists] = lists.ToArray();
        return ResourceWriter.Write(sections);
    }

    private static void WriteList(PackedWriter lists, IEnumerable<int> numbers)
    {
        var last = 0;
        foreach (var number in numbers.Order())
        {
            lists.Count(number - last);
            last = number;
        }
    }

    /// <summary>Gives equal definitions one number, ascending by name.</summary>
    private Dictionary<T, int> Number<T>(IEnumerable<T> definitions, Func<T, string> nameOf, Func<T, byte[]> pack, out byte[] offsets, out byte[] bytes)
        where T : class
    {
        var offsetWriter = new PackedWriter();
        var byteWriter = new PackedWriter();
        var numbers = new Dictionary<T, int>(ReferenceEqualityComparer.Instance);
        var byContent = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var definition in definitions.OrderBy(definition => _names[nameOf(definition)]))
        {
            var packed = pack(definition);
            var key = Convert.ToHexString(packed);
            if (!byContent.TryGetValue(key, out var number))
            {
                number = byContent.Count;
                byContent.Add(key, number);
                offsetWriter.UInt32((uint)byteWriter.Length);
                byteWriter.Bytes(packed);
            }

            numbers.Add(definition, number);
        }

        offsets = offsetWriter.ToArray();
        bytes = byteWriter.ToArray();
        return numbers;
    }

    private byte[] PackStructure(StructureLayout structure)
    {
        var packed = new PackedWriter().Count(_names[structure.Name]).Number(structure.Size).Count(structure.IsUnion ? 1 : 0).Count(structure.Fields.Count);
        foreach (var field in structure.Fields)
        {
            packed.Count(_names[field.Name]).Number(field.Offset).Count(NumberOf(field.Type)).Number(field.BitLength);
            if (field.BitLength != 0)
            {
                packed.Number(field.BitPosition);
            }
        }

        return packed.ToArray();
    }

    private byte[] PackEnumeration(EnumerationLayout enumeration)
    {
        var packed = new PackedWriter().Count(_names[enumeration.Name]).Number(enumeration.Size).Count(enumeration.Constants.Count);
        foreach (var (name, value) in enumeration.Constants)
        {
            packed.Count(_names[name]).Int64(value);
        }

        return packed.ToArray();
    }

    private int NumberOf(TypeReference type)
    {
        var packed = new PackedWriter().Count((int)type.Kind);
        _ = type.Kind switch
        {
            TypeKind.Base => packed.Count(_names[type.Name]).Number(type.Size),
            TypeKind.Pointer => packed.Count(NumberOf(type.Element!)),
            TypeKind.Array => packed.Count(NumberOf(type.Element!)).Number(type.Count),
            TypeKind.Function => packed,
            _ => packed.Count(_names[type.Name]),
        };
        var bytes = packed.ToArray();
        var key = Convert.ToHexString(bytes);
        if (!_referenceNumbers.TryGetValue(key, out var number))
        {
            number = _referenceNumbers.Count;
            _referenceNumbers.Add(key, number);
            _referenceOffsets.UInt32((uint)_references.Length);
            _references.Bytes(bytes);
        }

        return number;
    }

    private void AddNames(TypeSet set)
    {
        foreach (var structure in set.Structures)
        {
            _names.Add(structure.Name);
            foreach (var field in structure.Fields)
            {
                _names.Add(field.Name);
                for (var type = field.Type; type is not null; type = type.Element)
                {
                    _names.Add(type.Name);
                }
            }
        }

        foreach (var enumeration in set.Enumerations)
        {
            _names.Add(enumeration.Name);
            _names.Add(enumeration.Constants.Select(constant => constant.Key));
        }
    }
}
