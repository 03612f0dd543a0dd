namespace NtScope.Symbols.Stores;

/// <summary>File names as Windows compares them, on file systems that tell upper case from lower.</summary>
internal static class FileNames
{
    /// <summary>The file or folder of this name in <paramref name="folder"/>: as written, else the first that differs in case only.</summary>
    public static string? Find(string folder, string name)
    {
        var exact = Path.Combine(folder, name);
        if (Path.Exists(exact))
        {
            return exact;
        }

        return In(folder).FirstOrDefault(path => string.Equals(Path.GetFileName(path), name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What lies in a folder, in order; nothing if it cannot be listed.</summary>
    public static IReadOnlyList<string> In(string folder)
    {
        try
        {
            var entries = Directory.GetFileSystemEntries(folder);
            Array.Sort(entries, StringComparer.Ordinal);
            return entries;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
