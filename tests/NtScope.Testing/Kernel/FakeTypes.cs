using System.Diagnostics.CodeAnalysis;
using NtScope.Symbols.Types;

namespace NtScope.Testing.Kernel;

/// <summary>Structure layouts that a test writes down: fields of eight bytes unless they are of a structure.</summary>
public sealed class FakeTypes : ITypeSource
{
    private readonly Dictionary<string, StructureLayout> _structures = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Origin => "the test";

    /// <inheritdoc/>
    public int PointerSize => 8;

    /// <inheritdoc/>
    public IEnumerable<string> StructureNames => _structures.Keys.Order(StringComparer.Ordinal);

    /// <summary>Adds a structure; a field's type is the name of a structure, <c>byte</c>, or nothing for a pointer.</summary>
    public FakeTypes Add(string name, uint size, params (string Name, uint Offset, string? Type)[] fields)
    {
        _structures.Add(name, new StructureLayout(name, size, [.. fields.Select(field => new FieldLayout(field.Name, field.Offset, TypeOf(field.Type)))]));
        return this;
    }

    /// <inheritdoc/>
    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout) => _structures.TryGetValue(name, out layout);

    /// <inheritdoc/>
    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        return false;
    }

    private TypeReference TypeOf(string? name) => name switch
    {
        null => TypeReference.PointerTo(new TypeReference(TypeKind.Base, "void", 0), 8),
        "byte" => new TypeReference(TypeKind.Base, "unsigned char", 1),
        _ => new TypeReference(TypeKind.Structure, name, _structures.TryGetValue(name, out var layout) ? layout.Size : 16),
    };
}
