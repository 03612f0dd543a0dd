using System.Diagnostics.CodeAnalysis;

namespace NtScope.Symbols.Types;

/// <summary>The structure layouts of one image or build.</summary>
public interface ITypeSource
{
    /// <summary>Where the layouts come from, as a report says it: a PDB's identity, <c>layouts of 10.0.18362.418</c>.</summary>
    string Origin { get; }

    /// <summary>The size of a pointer in these layouts, in bytes: 4 or 8.</summary>
    int PointerSize { get; }

    /// <summary>The names of all structures and unions, ascending, ordinal.</summary>
    IEnumerable<string> StructureNames { get; }

    /// <summary>Finds a structure or union by its exact name (<c>_EPROCESS</c>).</summary>
    bool TryGetStructure(string name, [NotNullWhen(true)] out StructureLayout? layout);

    /// <summary>Finds an enumeration by its exact name (<c>_POOL_TYPE</c>).</summary>
    bool TryGetEnumeration(string name, [NotNullWhen(true)] out EnumerationLayout? layout);
}
