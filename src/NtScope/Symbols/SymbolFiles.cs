namespace NtScope.Symbols;

/// <summary>Opens a file of symbols by what it holds: a PDB, or Volatility's ISF as plain or packed JSON.</summary>
public static class SymbolFiles
{
    /// <summary>Opens <paramref name="path"/>.</summary>
    /// <exception cref="InputException">There is no such file, or it is neither.</exception>
    public static ISymbolFile Open(string path)
    {
        using var file = OpenRead(path);
        Span<byte> start = stackalloc byte[16];
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return PdbFile.IsPdb(start[..read]) ? PdbFile.FromFile(path) : IsfFile.FromFile(path);
    }

    /// <summary>Opens a file to read, so that others may read and replace it; what the system refuses becomes an <see cref="InputException"/>.</summary>
    internal static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, File.Exists(path) ? "cannot be opened: " + failure.Message : "no such file", failure);
        }
    }
}
