namespace NtScope.Symbols.Types;

/// <summary>What a <see cref="TypeReference"/> refers to.</summary>
public enum TypeKind
{
    /// <summary>A number, character or <c>void</c>, by the compiler's name (<c>unsigned long</c>).</summary>
    Base,

    /// <summary>A pointer to <see cref="TypeReference.Element"/>.</summary>
    Pointer,

    /// <summary><see cref="TypeReference.Count"/> elements of <see cref="TypeReference.Element"/>.</summary>
    Array,

    /// <summary>A structure, by name.</summary>
    Structure,

    /// <summary>A union, by name.</summary>
    Union,

    /// <summary>An enumeration, by name.</summary>
    Enumeration,

    /// <summary>A function.</summary>
    Function,
}
