using NtScope.Images;
using NtScope.Symbols.Types;

namespace NtScope.Symbols;

/// <summary>A file of symbols that belongs to one image: names and structure layouts, both read when first asked for.</summary>
public interface ISymbolFile : IDisposable
{
    /// <summary>The file's path, or the name it was opened under.</summary>
    string Path { get; }

    /// <summary>The image it belongs to.</summary>
    PdbIdentity Identity { get; }

    /// <summary>The names.</summary>
    ISymbolSource Symbols { get; }

    /// <summary>The structure layouts.</summary>
    ITypeSource Types { get; }
}
