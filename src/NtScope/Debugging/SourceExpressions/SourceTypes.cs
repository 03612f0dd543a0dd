using NtScope.Symbols.Types;

namespace NtScope.Debugging.SourceExpressions;

/// <summary>The types that C++ itself has, as layouts name them, and what the debugger calls them.</summary>
internal static class SourceTypes
{
    private const uint WideBytes = 8;

    /// <summary><c>int</c>.</summary>
    public static TypeReference Int { get; } = Base("int", 4);

    /// <summary><c>unsigned int</c>.</summary>
    public static TypeReference UnsignedInt { get; } = Base("unsigned int", 4);

    /// <summary>The signed number of 64 bits.</summary>
    public static TypeReference Wide { get; } = Base("long long", 8);

    /// <summary>The unsigned number of 64 bits.</summary>
    public static TypeReference UnsignedWide { get; } = Base("unsigned long long", 8);

    /// <summary><c>bool</c>.</summary>
    public static TypeReference Bool { get; } = Base("bool", 1);

    /// <summary><c>char</c>.</summary>
    public static TypeReference Char { get; } = Base("char", 1);

    /// <summary><c>double</c>.</summary>
    public static TypeReference Double { get; } = Base("double", 8);

    /// <summary><c>float</c>.</summary>
    public static TypeReference Float { get; } = Base("float", 4);

    /// <summary><c>long</c>.</summary>
    public static TypeReference Long { get; } = Base("long", 4);

    /// <summary>The type that a run of keywords names (<c>unsigned long</c>); null if it names none.</summary>
    public static TypeReference? Of(string words) => words switch
    {
        "void" => Base("void", 0),
        "bool" => Bool,
        "char" or "signed char" => Char,
        "unsigned char" => Base("unsigned char", 1),
        "wchar_t" => Base("wchar", 2),
        "short" or "short int" or "signed short" => Base("short", 2),
        "unsigned short" or "unsigned short int" => Base("unsigned short", 2),
        "int" or "signed int" or "signed" => Int,
        "unsigned" or "unsigned int" => UnsignedInt,
        "long" or "long int" or "signed long" => Long,
        "unsigned long" or "unsigned long int" => Base("unsigned long", 4),
        "long long" or "__int64" or "int64" or "signed __int64" => Wide,
        "unsigned long long" or "unsigned __int64" or "unsigned int64" => UnsignedWide,
        "float" => Float,
        "double" or "long double" => Double,
        _ => null,
    };

    /// <summary>Whether a word can be part of such a name.</summary>
    public static bool IsKeyword(string word) =>
        word is "void" or "bool" or "char" or "wchar_t" or "short" or "int" or "long" or "signed" or "unsigned" or "float" or "double" or "__int64" or "int64";

    /// <summary>Whether a type is a floating-point number.</summary>
    public static bool IsReal(TypeReference type) => type is { Kind: TypeKind.Base, Name: "float" or "double" or "long double" };

    /// <summary>Whether a type is a number without a point, a character, a truth value or an enumeration.</summary>
    public static bool IsInteger(TypeReference type) => (type.Kind == TypeKind.Base && !IsReal(type) && type.Name != "void") || type.Kind == TypeKind.Enumeration;

    /// <summary>Whether a number has a sign.</summary>
    public static bool IsSigned(TypeReference type) => type.Kind == TypeKind.Base && type.Name is "char" or "signed char" or "short" or "int" or "long" or "long long" or "HRESULT";

    /// <summary>The type that operators take a small number as: at least 32 bits, with the sign that it has.</summary>
    public static TypeReference Promoted(TypeReference type) => type switch
    {
        { Name: "bool" } or { Kind: TypeKind.Enumeration } => Int,
        { Size: >= WideBytes } => IsSigned(type) ? Wide : UnsignedWide,
        { Size: 4 } => type,
        _ => IsSigned(type) ? Int : UnsignedInt,
    };

    /// <summary>The type that two numbers are brought to before an operator.</summary>
    public static TypeReference Common(TypeReference left, TypeReference right)
    {
        if (IsReal(left) || IsReal(right))
        {
            return left.Name is "double" or "long double" || right.Name is "double" or "long double" ? Double : Float;
        }

        // Two of one type stay what they are; else the engine knows four: 32 or 64 bits, with a sign if both have one.
        if (left == right)
        {
            return left;
        }

        var isWide = left.Size >= WideBytes || right.Size >= WideBytes;
        var isSigned = IsSigned(Promoted(left)) && IsSigned(Promoted(right));
        return isWide ? isSigned ? Wide : UnsignedWide : isSigned ? Int : UnsignedInt;
    }

    /// <summary>The type as the debugger writes it: <c>unsigned int64</c>, <c>struct _LIST_ENTRY *</c>, <c>unsigned char [15]</c>.</summary>
    public static string Text(TypeReference type) => type.Kind switch
    {
        TypeKind.Pointer when type.Element!.Kind == TypeKind.Pointer => Text(type.Element) + "*",
        TypeKind.Pointer => Text(type.Element!) + " *",
        TypeKind.Array when type.Element!.Kind == TypeKind.Pointer => $"{Text(type.Element)}[{type.Count}]",
        TypeKind.Array => $"{Text(type.Element!)} [{type.Count}]",
        TypeKind.Function => "<function>",
        TypeKind.Structure => "struct " + type.Name,
        TypeKind.Union => "union " + type.Name,
        TypeKind.Enumeration => type.Name,
        _ => type.Name switch
        {
            "wchar" => "wchar_t",
            "long long" => "int64",
            "unsigned long long" => "unsigned int64",
            _ => type.Name,
        },
    };

    private static TypeReference Base(string name, uint size) => new(TypeKind.Base, name, size);
}
