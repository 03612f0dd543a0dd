using System.Diagnostics.CodeAnalysis;
using System.IO.Enumeration;
using NtScope.Symbols.Types;

namespace NtScope.Debugging;

/// <summary>Types by name, compared without case as WinDbg does. All layouts a target has are those of its kernel.</summary>
/// <param name="target">The target.</param>
public sealed class TypeLookup(Target target)
{
    /// <summary>The module that types belong to, as <c>module!type</c> names it.</summary>
    public string ModuleName { get; } = target.ModuleNamed("nt")?.Name ?? target.ModuleNamed("ntdll")?.Name ?? (target.Modules.Count > 0 ? target.Modules[0].Name : "nt");

    /// <summary>The image's own name, under which lists of types come: <c>ntkrnlmp</c>.</summary>
    public string ImageName { get; } = Path.GetFileNameWithoutExtension((target.ModuleNamed("nt") ?? target.ModuleNamed("ntdll") ?? (target.Modules is [var first, ..] ? first : null))?.Pdb?.FileName ?? "nt");

    /// <summary>The layouts; null if the target has none.</summary>
    public ITypeSource? Source { get; } = target.Types;

    /// <summary>Finds a structure or union by <c>name</c> or <c>module!name</c>.</summary>
    public bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout)
    {
        layout = null;
        if (!TryLocal(name, out var local) || Source is null)
        {
            return false;
        }

        return Source.TryGetStructure(local, out layout)
            || (Source.StructureNames.FirstOrDefault(candidate => candidate.Equals(local, StringComparison.OrdinalIgnoreCase)) is { } exact
                && Source.TryGetStructure(exact, out layout));
    }

    /// <summary>Finds an enumeration by <c>name</c> or <c>module!name</c>.</summary>
    public bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout)
    {
        layout = null;
        return TryLocal(name, out var local) && Source is not null && Source.TryGetEnumeration(local, out layout);
    }

    /// <summary>The names of structures and unions that match <c>pattern</c> or <c>module!pattern</c>.</summary>
    public IReadOnlyList<string> Match(string pattern) =>
        TryLocal(pattern, out var local) && Source is not null ? [.. Source.StructureNames.Where(name => FileSystemName.MatchesSimpleExpression(local, name))] : [];

    private bool TryLocal(string name, out string local)
    {
        var bang = name.IndexOf('!', StringComparison.Ordinal);
        local = name[(bang + 1)..];
        return bang < 0 || name.AsSpan(0, bang).Equals(ModuleName, StringComparison.OrdinalIgnoreCase);
    }
}
