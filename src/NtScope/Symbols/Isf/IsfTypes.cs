using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using NtScope.Symbols.Types;

namespace NtScope.Symbols.Isf;

/// <summary>
/// The layouts of an ISF document. The format keeps no order of fields, so they come by offset and bit position; of fields that share a
/// place the larger comes first.
/// </summary>
internal sealed class IsfTypes : ITypeSource
{
    private readonly JsonElement _root;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StructureLayout> _layouts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _structures;

    public IsfTypes(JsonElement root, string origin)
    {
        _root = root;
        Origin = origin;
        PointerSize = (int)SizeOfBase("pointer") is 4 ? 4 : 8;
        _structures = new(StringComparer.Ordinal);
        if (root.TryGetObject("user_types", out var members))
        {
            foreach (var member in members.EnumerateObject())
            {
                if (member.Value.TryGetObject("fields", out _)) _structures.TryAdd(member.Name, member.Value);
            }
        }
    }

    public string Origin { get; }

    public int PointerSize { get; }

    public IEnumerable<string> StructureNames => _structures.Keys.Order(StringComparer.Ordinal);

    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout)
    {
        lock (_lock)
        {
            if (_layouts.TryGetValue(name, out layout))
            {
                return true;
            }

            if (!_structures.TryGetValue(name, out var structure))
            {
                return false;
            }

            layout = ReadStructure(name, structure);
            _layouts.Add(name, layout);
            return true;
        }
    }

    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        if (!_root.TryGetObject("enums", out var enums) || !enums.TryGetObject(name, out var enumeration) || !enumeration.TryGetObject("constants", out var members))
        {
            return false;
        }

        var constants = new List<KeyValuePair<string, long>>();
        foreach (var member in members.EnumerateObject().Take(Limits.FieldsPerType))
        {
            if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var value))
            {
                constants.Add(new(member.Name, value));
            }
        }

        enumeration.TryGetUInt32("size", out var size);
        layout = new EnumerationLayout(name, size, [.. constants.OrderBy(constant => constant.Value)]);
        return true;
    }

    private StructureLayout ReadStructure(string name, JsonElement structure)
    {
        var fields = new List<FieldLayout>();
        foreach (var member in structure.GetProperty("fields").EnumerateObject().Take(Limits.FieldsPerType))
        {
            if (member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetUInt32("offset", out var offset) && member.Value.TryGetObject("type", out var type))
            {
                type.TryGetUInt32("bit_position", out var position);
                type.TryGetUInt32("bit_length", out var length);
                fields.Add(new FieldLayout(member.Name, offset, Reference(type, 0), (byte)position, (byte)length));
            }
        }

        structure.TryGetUInt32("size", out var size);
        var ordered = fields
            .OrderBy(field => field.Offset)
            .ThenBy(field => field.BitPosition)
            .ThenByDescending(field => field.BitLength == 0 ? field.Type.Size * 8ul : field.BitLength)
            .ThenBy(field => field.Name, StringComparer.Ordinal);
        return new StructureLayout(name, size, [.. ordered], structure.TryGetText("kind", out var kind) && kind == "union");
    }

    private TypeReference Reference(JsonElement type, int depth)
    {
        var name = type.TryGetText("name", out var text) ? text : string.Empty;
        if (depth >= Limits.TypeDepth || !type.TryGetText("kind", out var kind))
        {
            return new TypeReference(TypeKind.Base, "void", 0);
        }

        switch (kind)
        {
            case "pointer":
                return TypeReference.PointerTo(Inner(type, "subtype", depth), (uint)PointerSize);
            case "array":
                type.TryGetUInt32("count", out var count);
                return TypeReference.ArrayOf(Inner(type, "subtype", depth), count);
            case "bitfield":
                return Inner(type, "type", depth);
            case "function":
                return new TypeReference(TypeKind.Function, string.Empty, 0);
            case "enum":
                return new TypeReference(TypeKind.Enumeration, name, TryGetEnumeration(name, out var layout) ? layout.Size : 0);
            case "struct" or "class" or "union":
                var size = 0u;
                var known = _structures.TryGetValue(name, out var structure) && structure.TryGetUInt32("size", out size);
                return new TypeReference(kind == "union" ? TypeKind.Union : TypeKind.Structure, name, known ? size : 0);
            default:
                return new TypeReference(TypeKind.Base, name, SizeOfBase(name));
        }
    }

    private TypeReference Inner(JsonElement type, string member, int depth) =>
        type.TryGetObject(member, out var inner) ? Reference(inner, depth + 1) : new TypeReference(TypeKind.Base, "void", 0);

    private uint SizeOfBase(string name)
    {
        var size = 0u;
        _ = _root.TryGetObject("base_types", out var types) && types.TryGetObject(name, out var type) && type.TryGetUInt32("size", out size);
        return size;
    }
}
