using NtScope.Images;
using NtScope.Symbols;

namespace NtScope.Lab.Executive.Modules;

/// <summary>Names for a driver's code.</summary>
internal static class DriverSymbols
{
    /// <summary>The names in the PDB beside a driver file, if it is the PDB that was written with it; null otherwise.</summary>
    /// <param name="path">The driver file; null for one that was loaded from bytes.</param>
    /// <param name="image">The driver.</param>
    public static ISymbolSource? Find(string? path, PeImage image)
    {
        var beside = path is null ? null : Path.ChangeExtension(path, ".pdb");
        if (beside is null || image.Pdb is null || !File.Exists(beside))
        {
            return null;
        }

        try
        {
            using var pdb = PdbFile.FromFile(beside);
            return pdb.Identity.Guid == image.Pdb.Guid ? new SymbolTable(pdb.Symbols.All()) : null;
        }
        catch (InputException)
        {
            // A driver runs without names; a PDB that cannot be read must not keep it from running.
            return null;
        }
    }
}
