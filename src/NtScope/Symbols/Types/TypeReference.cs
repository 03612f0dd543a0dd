using System.Globalization;

namespace NtScope.Symbols.Types;

/// <summary>The type of a field.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The name of a base type, structure, union or enumeration; empty for pointers, arrays and functions.</param>
/// <param name="Size">The size in bytes of one such value; 0 if unknown (<c>void</c>, functions, forward references).</param>
/// <param name="Element">What a pointer points at or an array holds.</param>
/// <param name="Count">The number of elements of an array; 0 for anything else.</param>
public sealed record TypeReference(TypeKind Kind, string Name, uint Size, TypeReference? Element = null, uint Count = 0)
{
    /// <summary>A pointer of <paramref name="size"/> bytes to <paramref name="target"/>.</summary>
    public static TypeReference PointerTo(TypeReference target, uint size) => new(TypeKind.Pointer, string.Empty, size, target);

    /// <summary><paramref name="count"/> elements of <paramref name="element"/>, one behind the other.</summary>
    public static TypeReference ArrayOf(TypeReference element, uint count) =>
        new(TypeKind.Array, string.Empty, (uint)Math.Min((ulong)element.Size * count, uint.MaxValue), element, count);

    /// <summary>The type as C writes it after a name is taken out: <c>_LIST_ENTRY</c>, <c>void*</c>, <c>unsigned char[16]</c>.</summary>
    public override string ToString() => Kind switch
    {
        TypeKind.Pointer => Element + "*",
        TypeKind.Array => Element + "[" + Count.ToString(CultureInfo.InvariantCulture) + "]",
        TypeKind.Function => "function",
        _ => Name,
    };
}
