using NtScope.Images;

namespace NtScope.Symbols.Stores;

/// <summary>
/// A plain folder: the PDB lies in it, in <c>pdb</c> or <c>symbols/pdb</c>; or the folder is laid out as a store after all; or it holds
/// ISF files with the identity in their name, alone (<c>GUID-age.json.gz</c>) or behind others (<c>ntkrnlmp-…-GUID-age.json.gz</c>).
/// </summary>
internal static class SymbolFolder
{
    public static ISymbolFile? Find(string folder, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        if (File.Exists(folder))
        {
            return SymbolCandidate.Open(folder, identity, attempts);
        }

        if (!Directory.Exists(folder))
        {
            attempts.Add(new SymbolAttempt(folder, "no such folder"));
            return null;
        }

        var extension = Path.GetExtension(identity.FileName).TrimStart('.');
        foreach (var place in (string[])[folder, Path.Combine(folder, extension), Path.Combine(folder, "symbols", extension)])
        {
            if (FileNames.Find(place, identity.FileName) is { } path && SymbolCandidate.Open(path, identity, attempts) is { } found)
            {
                return found;
            }
        }

        return FindIsf(folder, identity, attempts) ?? new SymbolStore(folder).Find(identity, attempts);
    }

    private static ISymbolFile? FindIsf(string folder, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        var key = $"{identity.Guid:N}-{identity.Age}.json";
        var places = new List<string> { folder };
        if (FileNames.Find(folder, identity.FileName) is { } nested) places.Add(nested);
        foreach (var place in places.Where(Directory.Exists))
        {
            foreach (var path in FileNames.In(place).Where(path => Path.GetFileName(path).Contains(key, StringComparison.OrdinalIgnoreCase)))
            {
                if (SymbolCandidate.Open(path, identity, attempts) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }
}
