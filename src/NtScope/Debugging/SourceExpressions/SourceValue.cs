using System.Globalization;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>The value of a C++ expression.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Bits">A number, a pointer, an enumeration's value: its bits, sign or zero extended to 64; the bits of a <c>double</c> for real numbers.</param>
/// <param name="Address">Where it is in memory; null if it is nowhere. Structures and arrays are always somewhere.</param>
public sealed record SourceValue(TypeReference Type, ulong Bits, VirtualAddress? Address = null)
{
    /// <summary>The number, if it is a real one.</summary>
    public double Real => BitConverter.UInt64BitsToDouble(Bits);

    /// <summary>Whether it counts as true.</summary>
    public bool IsTrue => SourceTypes.IsReal(Type) ? Real != 0 : Bits != 0;

    /// <summary>Whether it is in memory as a whole, so that its value is where it is.</summary>
    public bool IsAggregate => Type.Kind is TypeKind.Structure or TypeKind.Union or TypeKind.Array;

    /// <summary>The value of a real number.</summary>
    public static SourceValue OfReal(TypeReference type, double number) => new(type, BitConverter.DoubleToUInt64Bits(type.Name == "float" ? (float)number : number));

    /// <summary>A truth value.</summary>
    public static SourceValue Of(bool truth) => new(SourceTypes.Bool, truth ? 1UL : 0UL);

    /// <summary>The value as another type: cut, extended, or brought from or to a real number.</summary>
    public SourceValue As(TypeReference type)
    {
        if (SourceTypes.IsReal(type))
        {
            return OfReal(type, SourceTypes.IsReal(Type) ? Real : SourceTypes.IsSigned(Type) ? (long)Bits : Bits);
        }

        var bits = SourceTypes.IsReal(Type) ? unchecked((ulong)(long)Real) : IsAggregate ? Address!.Value.Value : Bits;
        if (type.Name == "bool" && type.Kind == TypeKind.Base)
        {
            return new SourceValue(type, bits != 0 ? 1UL : 0UL);
        }

        return new SourceValue(type, Extend(type, bits));
    }

    /// <summary>The bits of a value of a type, extended to 64 as the type's sign wants it.</summary>
    public static ulong Extend(TypeReference type, ulong bits) => (type.Size, SourceTypes.IsSigned(type)) switch
    {
        (1, true) => unchecked((ulong)(sbyte)bits),
        (2, true) => unchecked((ulong)(short)bits),
        (4, true) => unchecked((ulong)(int)bits),
        (1, false) => (byte)bits,
        (2, false) => (ushort)bits,
        (4, false) => (uint)bits,
        _ => bits,
    };

    /// <inheritdoc/>
    public override string ToString() => SourceTypes.IsReal(Type) ? Real.ToString(CultureInfo.InvariantCulture) : "0x" + Bits.ToString("x", CultureInfo.InvariantCulture);
}
