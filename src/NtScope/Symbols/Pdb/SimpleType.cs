using NtScope.Symbols.Types;

namespace NtScope.Symbols.Pdb;

/// <summary>The compiler's own types: an index below 1000h holds the kind in its low byte and the form of a pointer in the next.</summary>
internal static class SimpleType
{
    /// <summary>The type of such an index; <c>void</c> for one that no layout needs.</summary>
    public static TypeReference Of(uint index)
    {
        var (name, size) = (index & 0xff) switch
        {
            0x08 => ("HRESULT", 4u),
            0x10 or 0x70 => ("char", 1u),
            0x20 => ("unsigned char", 1u),
            0x68 => ("signed char", 1u),
            0x69 => ("unsigned char", 1u),
            0x71 => ("wchar", 2u),
            0x7a => ("char16_t", 2u),
            0x7b => ("char32_t", 4u),
            0x7c => ("char8_t", 1u),
            0x11 or 0x72 => ("short", 2u),
            0x21 or 0x73 => ("unsigned short", 2u),
            0x12 => ("long", 4u),
            0x22 => ("unsigned long", 4u),
            0x74 => ("int", 4u),
            0x75 => ("unsigned int", 4u),
            0x13 or 0x76 => ("long long", 8u),
            0x23 or 0x77 => ("unsigned long long", 8u),
            0x14 or 0x78 => ("int128", 16u),
            0x24 or 0x79 => ("unsigned int128", 16u),
            0x30 => ("bool", 1u),
            0x31 => ("bool16", 2u),
            0x32 => ("bool32", 4u),
            0x33 => ("bool64", 8u),
            0x40 => ("float", 4u),
            0x41 => ("double", 8u),
            0x42 => ("long double", 10u),
            _ => ("void", 0u),
        };
        var type = new TypeReference(TypeKind.Base, name, size);
        return ((index >> 8) & 0xf) switch
        {
            0 => type,
            6 => TypeReference.PointerTo(type, 8),
            _ => TypeReference.PointerTo(type, 4),
        };
    }
}
