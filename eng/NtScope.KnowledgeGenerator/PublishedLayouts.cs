using System.Text.Json;
using NtScope.Images;
using NtScope.Symbols.Types;

namespace NtScope.KnowledgeGenerator;

/// <summary>
/// Reads published layouts, which are C declarations turned into JSON, into the form that symbol files have: compiler names for base types,
/// bit positions from the order of declaration, structures without a name under one made from their parent and field.
/// </summary>
internal sealed class PublishedLayouts
{
    private static readonly Dictionary<string, TypeReference> BaseTypes = new(StringComparer.Ordinal)
    {
        ["VOID"] = Base("void", 0),
        [string.Empty] = Base("void", 0),
        ["CHAR"] = Base("char", 1),
        ["UCHAR"] = Base("unsigned char", 1),
        ["WCHAR"] = Base("wchar", 2),
        ["SHORT"] = Base("short", 2),
        ["USHORT"] = Base("unsigned short", 2),
        ["LONG"] = Base("long", 4),
        ["ULONG"] = Base("unsigned long", 4),
        ["HRESULT"] = Base("HRESULT", 4),
        ["LONGLONG"] = Base("long long", 8),
        ["ULONGLONG"] = Base("unsigned long long", 8),
        ["float"] = Base("float", 4),
        ["double"] = Base("double", 8),
        ["function"] = new(TypeKind.Function, string.Empty, 0),
    };

    private readonly Dictionary<(string Structure, string Field), TypeReference> _knownFields = [];

    /// <summary>Positions of bit fields by structure, field, offset and width, where all symbol files that have it agree; else null.</summary>
    private readonly Dictionary<(string Structure, string Field, uint Offset, byte Length), byte?> _knownBits = [];

    private readonly HashSet<string> _knownStructures;
    private readonly HashSet<string> _knownEnumerations;

    private PublishedLayouts(IReadOnlyList<IsfKernel> kernels)
    {
        _knownStructures = [.. kernels.SelectMany(kernel => kernel.Structures).Select(structure => structure.Name)];
        _knownEnumerations = [.. kernels.SelectMany(kernel => kernel.Enumerations).Select(enumeration => enumeration.Name)];
        foreach (var structure in kernels.SelectMany(kernel => kernel.Structures))
        {
            foreach (var field in structure.Fields)
            {
                _knownFields[(structure.Name, field.Name)] = field.Type;
                if (field.BitLength > 0)
                {
                    var key = (structure.Name, field.Name, field.Offset, field.BitLength);
                    _knownBits[key] = !_knownBits.TryGetValue(key, out var position) || position == field.BitPosition ? field.BitPosition : null;
                }
            }
        }
    }

    /// <summary>Reads all layouts of a folder. The symbol files of kernels say what a type is that the layouts only mention.</summary>
    public static IReadOnlyList<TypeSet> ReadAll(string folder, IReadOnlyList<IsfKernel> kernels)
    {
        var reader = new PublishedLayouts(kernels);
        return [.. Directory.GetFiles(folder, "*.json.gz").Order(StringComparer.Ordinal).Select(reader.Read)];
    }

    private static TypeReference Base(string name, uint size) => new(TypeKind.Base, name, size);

    private TypeSet Read(string path)
    {
        var name = Path.GetFileName(path).Split('-', '.');
        var architecture = Enum.Parse<ProcessorArchitecture>(name[4], ignoreCase: true);
        if (!FileVersion.TryParse(string.Join('.', name[..4]), out var version))
        {
            throw new InvalidDataException($"{path}: the name does not hold a file version");
        }

        using var document = GzipJson.Read(path);
        var build = new Build(this, document.RootElement, architecture == ProcessorArchitecture.X86 ? 4u : 8u);
        return new TypeSet(version, architecture, false, build.ReadStructures(), []);
    }

    /// <summary>The layouts of one build while they are read.</summary>
    private sealed class Build(PublishedLayouts layouts, JsonElement root, uint pointerSize)
    {
        private readonly List<StructureLayout> _structures = [];

        public List<StructureLayout> ReadStructures()
        {
            foreach (var structure in root.EnumerateObject())
            {
                ReadStructure(structure.Name, structure.Value.GetProperty("size").GetUInt32(), structure.Value.GetProperty("fields"), 0);
            }

            return _structures;
        }

        /// <summary>Reads a structure and those without a name inside it. Offsets of members of a union count from the outer structure.</summary>
        private uint ReadStructure(string name, uint? size, JsonElement members, uint start)
        {
            var fields = new List<FieldLayout>();
            var bits = 0u;
            foreach (var member in members.EnumerateObject())
            {
                var offset = member.Value.GetProperty("offset").GetUInt32() - start;
                var length = member.Value.TryGetProperty("bits", out var value) ? value.GetByte() : (byte)0;
                var (fieldName, type) = ReadField(name, member, offset + start);
                var last = fields.Count > 0 ? fields[^1] : null;
                bits = length > 0 && last is { BitLength: > 0 } && last.Offset == offset && last.Type == type && bits + length <= type.Size * 8 ? bits : 0;
                if (layouts._knownBits.TryGetValue((name, fieldName, offset, length), out var known) && known is { } position)
                {
                    // Bits without a name in front of it are lost in the declaration; symbol files still have them.
                    bits = position;
                }

                fields.Add(new FieldLayout(fieldName, offset, type, length > 0 ? (byte)bits : (byte)0, length));
                bits += length;
            }

            var end = fields.Count == 0 ? 0 : fields.Max(field => field.Offset + field.Type.Size);
            var isUnion = fields.Count > 1 && fields.TrueForAll(field => field.Offset == 0 && field.BitPosition == 0);
            _structures.Add(new StructureLayout(name, size ?? end, fields, isUnion));
            return size ?? end;
        }

        private (string Name, TypeReference Type) ReadField(string structure, JsonProperty member, uint offset)
        {
            if (member.Value.TryGetProperty("members", out var members))
            {
                var inner = $"{structure}::<unnamed-type-{member.Name}>";
                var first = members.EnumerateObject().Select(field => field.Value.GetProperty("offset").GetUInt32()).DefaultIfEmpty().Min();
                var size = ReadStructure(inner, null, members, first >= offset ? offset : 0);
                return (member.Name, new TypeReference(TypeKind.Structure, inner, size));
            }

            var text = member.Value.GetProperty("type").GetString()!;
            if (char.IsAsciiLetterUpper(text[0]) && (text.Length == 1 || text[1] == '['))
            {
                // The declaration's type ran into the field's name, whose first letter stands where the type should be.
                var name = text[0] + member.Name;
                return (name, Known(structure, name));
            }

            return text.Contains('}', StringComparison.Ordinal) ? (member.Name, Known(structure, member.Name)) : (member.Name, Parse(text));
        }

        /// <summary>The type that symbol files give a field; <c>unknown</c> if none does.</summary>
        private TypeReference Known(string structure, string field) =>
            layouts._knownFields.TryGetValue((structure, field), out var type) ? Sized(type) : Base("unknown", 0);

        private TypeReference Parse(string text)
        {
            var declaration = text.Replace("volatile", string.Empty, StringComparison.Ordinal).Replace("const", string.Empty, StringComparison.Ordinal);
            var end = declaration.IndexOfAny(['*', '[']);
            var name = (end < 0 ? declaration : declaration[..end]).Trim();
            var rest = end < 0 ? string.Empty : declaration[end..];
            var bracket = rest.IndexOf('[', StringComparison.Ordinal);
            var pointers = (bracket < 0 ? rest : rest[..bracket]).Count(c => c == '*');
            var type = BaseTypes.TryGetValue(name, out var known) ? known : Named(name, pointers > 0);
            for (; pointers > 0; pointers--)
            {
                type = TypeReference.PointerTo(type, pointerSize);
            }

            foreach (var count in bracket < 0 ? [] : rest[bracket..].Split('[', ']').Where(part => uint.TryParse(part, out _)).Reverse())
            {
                type = TypeReference.ArrayOf(type, uint.Parse(count));
            }

            return type;
        }

        private TypeReference Named(string name, bool isPointedAt)
        {
            if (root.TryGetProperty(name, out var structure))
            {
                return new TypeReference(TypeKind.Structure, name, structure.GetProperty("size").GetUInt32());
            }

            var isEnumeration = layouts._knownEnumerations.Contains(name) || (!isPointedAt && !layouts._knownStructures.Contains(name));
            return isEnumeration ? new TypeReference(TypeKind.Enumeration, name, sizeof(uint)) : new TypeReference(TypeKind.Structure, name, 0);
        }

        private TypeReference Sized(TypeReference type) => type.Kind switch
        {
            TypeKind.Pointer => TypeReference.PointerTo(Sized(type.Element!), pointerSize),
            TypeKind.Array => TypeReference.ArrayOf(Sized(type.Element!), type.Count),
            TypeKind.Structure or TypeKind.Union or TypeKind.Enumeration => Named(type.Name, false) with { Kind = type.Kind },
            _ => type,
        };
    }
}
