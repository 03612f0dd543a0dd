using NtScope.Images;

namespace NtScope.Symbols.Stores;

/// <summary>Opens what may be the symbols of an image, and takes it only if its identity is right.</summary>
internal static class SymbolCandidate
{
    /// <summary>The symbols in <paramref name="path"/>, or null with an attempt that says why not.</summary>
    public static ISymbolFile? Open(string path, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        ISymbolFile file;
        try
        {
            file = SymbolFiles.Open(path);
        }
        catch (InputException failure)
        {
            attempts.Add(new SymbolAttempt(path, failure.Message));
            return null;
        }

        if (!file.Identity.Matches(identity))
        {
            attempts.Add(new SymbolAttempt(path, $"is of another image: {file.Identity.StoreKey}, not {identity.StoreKey}"));
            file.Dispose();
            return null;
        }

        attempts.Add(new SymbolAttempt(path, "found"));
        return file;
    }
}
