using System.Diagnostics.CodeAnalysis;

namespace NtScope.Symbols.Types;

/// <summary>A structure or union as the compiler laid it out.</summary>
public sealed class StructureLayout
{
    private readonly Dictionary<string, FieldLayout> _byName;

    /// <summary>A layout of <paramref name="fields"/> in declaration order.</summary>
    public StructureLayout(string name, uint size, IReadOnlyList<FieldLayout> fields, bool isUnion = false)
    {
        Name = name;
        Size = size;
        Fields = fields;
        IsUnion = isUnion;
        _byName = new Dictionary<string, FieldLayout>(fields.Count, StringComparer.Ordinal);
        foreach (var field in fields)
        {
            _byName.TryAdd(field.Name, field);
        }
    }

    /// <summary>The name, with its leading underscore where it has one (<c>_EPROCESS</c>).</summary>
    public string Name { get; }

    /// <summary>The size in bytes.</summary>
    public uint Size { get; }

    /// <summary>The fields in declaration order.</summary>
    public IReadOnlyList<FieldLayout> Fields { get; }

    /// <summary>Whether it is a union.</summary>
    public bool IsUnion { get; }

    /// <summary>Finds a field by its exact name.</summary>
    public bool TryGetField(string name, [NotNullWhen(true)] out FieldLayout? field) => _byName.TryGetValue(name, out field);
}
