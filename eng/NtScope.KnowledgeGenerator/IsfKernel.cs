using System.Text.Json;
using NtScope.Images;
using NtScope.Symbols.Types;

namespace NtScope.KnowledgeGenerator;

/// <summary>A kernel's symbols and types as its ISF file gives them.</summary>
/// <param name="Version">The file version, from the file's name.</param>
/// <param name="Pdb">The identity, from the file's metadata.</param>
/// <param name="Symbols">RVAs by name.</param>
/// <param name="Structures">Structures and unions.</param>
/// <param name="Enumerations">Enumerations.</param>
internal sealed record IsfKernel(
    FileVersion Version,
    PdbIdentity Pdb,
    IReadOnlyDictionary<string, uint> Symbols,
    IReadOnlyList<StructureLayout> Structures,
    IReadOnlyList<EnumerationLayout> Enumerations)
{
    private const uint PointerSize = sizeof(ulong);

    /// <summary>Reads all kernels of a folder, ascending by version.</summary>
    public static IReadOnlyList<IsfKernel> ReadAll(string folder) =>
        [.. Directory.GetFiles(folder, "*.json.gz").Select(Read).OrderBy(kernel => kernel.Version)];

    private static IsfKernel Read(string path)
    {
        using var document = GzipJson.Read(path);
        var root = document.RootElement;
        var pdb = root.GetProperty("metadata").GetProperty("windows").GetProperty("pdb");
        if (!FileVersion.TryParse(Path.GetFileName(path).Split('-')[1], out var version))
        {
            throw new InvalidDataException($"{path}: the name does not hold a file version");
        }

        var sizes = root.GetProperty("base_types").EnumerateObject().ToDictionary(type => type.Name, type => type.Value.GetProperty("size").GetUInt32(), StringComparer.Ordinal);
        return new IsfKernel(
            version,
            new PdbIdentity(pdb.GetProperty("database").GetString()!, Guid.ParseExact(pdb.GetProperty("GUID").GetString()!, "N"), pdb.GetProperty("age").GetUInt32()),
            root.GetProperty("symbols").EnumerateObject().ToDictionary(symbol => symbol.Name, symbol => symbol.Value.GetProperty("address").GetUInt32(), StringComparer.Ordinal),
            [.. root.GetProperty("user_types").EnumerateObject().Select(type => ReadStructure(type.Name, type.Value, sizes))],
            [.. root.GetProperty("enums").EnumerateObject().Select(type => ReadEnumeration(type.Name, type.Value))]);
    }

    private static StructureLayout ReadStructure(string name, JsonElement type, Dictionary<string, uint> sizes) => new(
        name,
        type.GetProperty("size").GetUInt32(),
        [.. type.GetProperty("fields").EnumerateObject()
            .Select(field => ReadField(field.Name, field.Value, sizes))
            .OrderBy(field => field.Offset).ThenBy(field => field.BitPosition).ThenBy(field => field.Name, StringComparer.Ordinal)],
        string.Equals(type.GetProperty("kind").GetString(), "union", StringComparison.Ordinal));

    private static FieldLayout ReadField(string name, JsonElement field, Dictionary<string, uint> sizes)
    {
        var type = field.GetProperty("type");
        var offset = field.GetProperty("offset").GetUInt32();
        return string.Equals(type.GetProperty("kind").GetString(), "bitfield", StringComparison.Ordinal)
            ? new FieldLayout(name, offset, ReadType(type.GetProperty("type"), sizes), type.GetProperty("bit_position").GetByte(), type.GetProperty("bit_length").GetByte())
            : new FieldLayout(name, offset, ReadType(type, sizes));
    }

    private static TypeReference ReadType(JsonElement type, Dictionary<string, uint> sizes)
    {
        var kind = type.GetProperty("kind").GetString();
        switch (kind)
        {
            case "pointer":
                return TypeReference.PointerTo(ReadType(type.GetProperty("subtype"), sizes), PointerSize);
            case "array":
                return new TypeReference(TypeKind.Array, string.Empty, 0, ReadType(type.GetProperty("subtype"), sizes), type.GetProperty("count").GetUInt32());
            case "function":
                return new TypeReference(TypeKind.Function, string.Empty, 0);
        }

        var name = type.GetProperty("name").GetString()!;
        return kind switch
        {
            "base" => new TypeReference(TypeKind.Base, name, sizes[name]),
            "struct" => new TypeReference(TypeKind.Structure, name, 0),
            "union" => new TypeReference(TypeKind.Union, name, 0),
            "enum" => new TypeReference(TypeKind.Enumeration, name, 0),
            _ => throw new InvalidDataException($"The type kind {kind} of {name} is not one of an ISF file."),
        };
    }

    private static EnumerationLayout ReadEnumeration(string name, JsonElement type) => new(
        name,
        type.GetProperty("size").GetUInt32(),
        [.. type.GetProperty("constants").EnumerateObject()
            .Select(constant => KeyValuePair.Create(constant.Name, constant.Value.GetInt64()))
            .OrderBy(constant => constant.Value).ThenBy(constant => constant.Key, StringComparer.Ordinal)]);
}
