using NtScope.Images;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope;

/// <summary>An image as a target holds it: a file, or mapped in memory.</summary>
public sealed class Module
{
    /// <summary>The name as debuggers write it before <c>!</c>: <c>nt</c>, <c>win32k</c>, <c>ntdll</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The file name (<c>ntoskrnl.exe</c>), or the full path where it is known.</summary>
    public required string Path { get; init; }

    /// <summary>Where it is mapped; null for a file that is not.</summary>
    public VirtualAddress? Base { get; init; }

    /// <summary>Its size as mapped, in bytes.</summary>
    public required uint Size { get; init; }

    /// <summary>The image's headers and directories; null if they cannot be read (a module of a capture whose pages are gone).</summary>
    public PeImage? Image { get; init; }

    /// <summary>What ties it to symbols; null if unknown.</summary>
    public PdbIdentity? Pdb { get; init; }

    /// <summary>Its file version; null if unknown.</summary>
    public FileVersion? Version { get; init; }

    /// <summary>Its names from symbols, exports or knowledge; null if it has none.</summary>
    public ISymbolSource? Symbols { get; init; }

    /// <summary>Its own structure layouts; null if no symbol file gives them. The kernel's are <see cref="Target.Types"/>.</summary>
    public ITypeSource? Types { get; init; }

    /// <summary>Whether <paramref name="address"/> lies in the module as mapped.</summary>
    public bool Contains(VirtualAddress address) => Base is { } start && address >= start && address - start < Size;
}
