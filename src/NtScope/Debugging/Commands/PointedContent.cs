namespace NtScope.Debugging.Commands;

/// <summary>What is shown behind a pointer.</summary>
public enum PointedContent
{
    /// <summary>The symbol that it points at.</summary>
    Symbol,

    /// <summary>The number that it points at, with the symbol that this one points at.</summary>
    Pointer,

    /// <summary>The ASCII text that it points at.</summary>
    Ascii,

    /// <summary>The UTF-16 text that it points at.</summary>
    Unicode,
}
