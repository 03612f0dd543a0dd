using System.Globalization;
using NtScope.Symbols.Types;

namespace NtScope.Debugging.Types;

/// <summary>Types in WinDbg's words: <c>Uint4B</c>, <c>Ptr64 _EPROCESS</c>, <c>[15] UChar</c>, <c>Pos 3, 1 Bit</c>.</summary>
/// <param name="types">The layouts, for the sizes that verbose text shows.</param>
/// <param name="isVerbose">Whether structures come with their size.</param>
/// <param name="isBlock">Whether what pointers point at is left out.</param>
internal sealed class TypeText(TypeLookup types, bool isVerbose, bool isBlock)
{
    /// <summary>The text of a field's type.</summary>
    /// <param name="field">The field.</param>
    /// <param name="indentation">Columns in front of the line; function pointers repeat them.</param>
    public string Of(FieldLayout field, int indentation) =>
        field.BitLength > 0 ? string.Create(CultureInfo.InvariantCulture, $"Pos {field.BitPosition}, {field.BitLength} Bit{(field.BitLength == 1 ? "" : "s")}") : Of(field.Type, indentation);

    /// <summary>The text of a type.</summary>
    public string Of(TypeReference type, int indentation) => type.Kind switch
    {
        TypeKind.Pointer => $"Ptr{type.Size * 8} {Pointee(type.Element!, indentation)}",
        TypeKind.Array => string.Create(CultureInfo.InvariantCulture, $"[{type.Count}] {Of(type.Element!, indentation)}"),
        TypeKind.Function => new string(' ', indentation + 1) + "void ",
        TypeKind.Structure or TypeKind.Union => isVerbose ? Verbose(type) : Shown(type.Name),
        TypeKind.Enumeration => Shown(type.Name),
        _ => Base(type),
    };

    /// <summary>The line that verbose output starts with.</summary>
    public static string Heading(StructureLayout layout) =>
        string.Create(CultureInfo.InvariantCulture, $"{(layout.IsUnion ? "union" : "struct")} {Shown(layout.Name)}, {layout.Fields.Count} elements, 0x{layout.Size:x} bytes");

    /// <summary>The name without the mark that tells nameless types apart.</summary>
    public static string Shown(string name)
    {
        var mark = name.StartsWith('<') || name.StartsWith("__unnamed@", StringComparison.Ordinal) ? name.LastIndexOf('@') : -1;
        return mark < 0 ? name : name[..mark];
    }

    private string Pointee(TypeReference element, int indentation) => element.Kind == TypeKind.Function
        ? Of(element, indentation)
        : isBlock ? string.Empty : (isVerbose ? "to " : string.Empty) + Of(element, indentation);

    private static string Base(TypeReference type) => type.Name switch
    {
        "void" => "Void",
        "char" or "signed char" => "Char",
        "unsigned char" => "UChar",
        "wchar" => "Wchar",
        "bool" => "Bool",
        "float" or "double" or "long double" => "Float",
        "HRESULT" => "HRESULT",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(type.Name.StartsWith("unsigned", StringComparison.Ordinal) ? "Uint" : "Int")}{type.Size}B"),
    };

    private string Verbose(TypeReference type) =>
        types.Source?.TryGetStructure(type.Name, out var layout) == true ? Heading(layout) : (type.Kind == TypeKind.Union ? "union " : "struct ") + Shown(type.Name);
}
