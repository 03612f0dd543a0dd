namespace NtScope;

/// <summary>What a name rests on.</summary>
public enum NameSource
{
    /// <summary>Nothing names it.</summary>
    None,

    /// <summary>A symbol file (PDB or ISF) whose identity matches the image.</summary>
    Symbol,

    /// <summary>An export of the image itself.</summary>
    Export,

    /// <summary>A system call stub of the same machine or folder.</summary>
    Stub,

    /// <summary>The import that a win32k stub goes through.</summary>
    Import,

    /// <summary>What is published of this build; another revision of it may differ.</summary>
    KnownBuild,

    /// <summary>Structures of the target itself: a dump's header, a list that leads there.</summary>
    Structure,
}
