using NtScope.Symbols.Types;

namespace NtScope.Kernel;

/// <summary>Where a field is, through all structures on the way.</summary>
/// <param name="Offset">Bytes from the start of the outermost structure.</param>
/// <param name="Type">What it holds.</param>
/// <param name="BitPosition">The lowest bit of a bit field in its unit.</param>
/// <param name="BitLength">The width of a bit field in bits; 0 for any other field.</param>
internal sealed record FieldPlace(uint Offset, TypeReference Type, byte BitPosition, byte BitLength)
{
    /// <summary>Follows a path of field names separated by dots.</summary>
    public static FieldPlace? Find(ITypeSource types, string structure, string path)
    {
        uint offset = 0;
        FieldLayout? field = null;
        foreach (var name in path.Split('.'))
        {
            var owner = field is null ? structure : field.Type.Name;
            if (!types.TryGetStructure(owner, out var layout) || !layout.TryGetField(name, out field))
            {
                return null;
            }

            offset += field.Offset;
        }

        return field is null ? null : new FieldPlace(offset, field.Type, field.BitPosition, field.BitLength);
    }
}
