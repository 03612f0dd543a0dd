using NtScope.Images;

namespace NtScope.Symbols.Stores;

/// <summary>
/// A symbol store in a folder: <c>name/KEY/name</c>, or with the first two letters in front where <c>index2.txt</c> stands in the root.
/// Beside the file there may be a packed one (<c>name.pd_</c>) or <c>file.ptr</c>, which says where the file is.
/// </summary>
internal sealed class SymbolStore(string root)
{
    private const int LargestPointer = 4096;
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    /// <summary>The file's path below a store's root, with forward slashes.</summary>
    public static string RelativePath(PdbIdentity identity, bool hasThreeTiers) =>
        (hasThreeTiers ? identity.FileName[..Math.Min(2, identity.FileName.Length)] + "/" : string.Empty) + $"{identity.FileName}/{identity.StoreKey}/{identity.FileName}";

    /// <summary>The name of a packed file: the last letter of the extension becomes an underscore.</summary>
    public static string PackedName(string name) => name[..^1] + "_";

    public ISymbolFile? Find(PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        var attemptsBefore = attempts.Count;
        foreach (var hasThreeTiers in HasThreeTiers ? (bool[])[true, false] : [false])
        {
            var folder = FolderOf(identity, hasThreeTiers);
            if (folder is not null && FindBeside(folder, identity, attempts) is { } found)
            {
                return found;
            }
        }

        if (attempts.Count == attemptsBefore)
        {
            attempts.Add(new SymbolAttempt(Path.Combine(root, RelativePath(identity, HasThreeTiers)), "not there"));
        }

        return null;
    }

    /// <summary>
    /// Writes a file into the store: into a temporary file beside its place first, then under its name in one step, so that nobody ever
    /// sees half a file. Whoever comes second keeps the file of the first.
    /// </summary>
    /// <returns>The path of the file in the store.</returns>
    /// <exception cref="InputException">What was written is not the symbols of <paramref name="identity"/>; it is not kept.</exception>
    public string Keep(PdbIdentity identity, Action<Stream> write)
    {
        var path = Path.Combine(root, RelativePath(identity, HasThreeTiers));
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        RemoveAbandoned(folder);
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read))
            {
                write(file);
            }

            using (var check = SymbolFiles.Open(partial))
            {
                if (!check.Identity.Matches(identity))
                {
                    throw new InputException(identity.FileName, $"the file is of another image: {check.Identity.StoreKey}, not {identity.StoreKey}");
                }
            }

            File.Move(partial, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster; its file passed the same check.
        }
        finally
        {
            File.Delete(partial);
        }

        return path;
    }

    private bool HasThreeTiers => File.Exists(Path.Combine(root, "index2.txt"));

    private static ISymbolFile? FindBeside(string folder, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        if (FileNames.Find(folder, identity.FileName) is { } path && SymbolCandidate.Open(path, identity, attempts) is { } found)
        {
            return found;
        }

        if (FileNames.Find(folder, PackedName(identity.FileName)) is { } packed)
        {
            return OpenPacked(packed, identity, attempts);
        }

        return FileNames.Find(folder, "file.ptr") is { } pointer ? FollowPointer(pointer, identity, attempts) : null;
    }

    private static PdbFile? OpenPacked(string path, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        try
        {
            using var packed = SymbolFiles.OpenRead(path);
            var file = PdbFile.FromBytes(Cabinet.UnpackOnly(packed, path), identity.FileName);
            if (file.Identity.Matches(identity))
            {
                attempts.Add(new SymbolAttempt(path, "found"));
                return file;
            }

            attempts.Add(new SymbolAttempt(path, $"is of another image: {file.Identity.StoreKey}, not {identity.StoreKey}"));
            file.Dispose();
        }
        catch (InputException failure)
        {
            attempts.Add(new SymbolAttempt(path, failure.Message));
        }

        return null;
    }

    private static ISymbolFile? FollowPointer(string pointer, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        string text;
        try
        {
            using var reader = new StreamReader(SymbolFiles.OpenRead(pointer));
            var buffer = new char[LargestPointer];
            text = new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
        }
        catch (Exception failure) when (failure is IOException or InputException)
        {
            attempts.Add(new SymbolAttempt(pointer, failure.Message));
            return null;
        }

        if (text.StartsWith("PATH:", StringComparison.OrdinalIgnoreCase) && !SymbolPath.IsServer(text[5..]) && text.IndexOf('\0') < 0)
        {
            return SymbolCandidate.Open(text[5..], identity, attempts);
        }

        attempts.Add(new SymbolAttempt(pointer, "does not say PATH: and a file"));
        return null;
    }

    private static void RemoveAbandoned(string folder)
    {
        foreach (var partial in FileNames.In(folder).Where(path => path.EndsWith(".partial", StringComparison.Ordinal)))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(partial) > Abandoned)
            {
                File.Delete(partial);
            }
        }
    }

    private string? FolderOf(PdbIdentity identity, bool hasThreeTiers)
    {
        var folder = hasThreeTiers ? FileNames.Find(root, identity.FileName[..Math.Min(2, identity.FileName.Length)]) : root;
        folder = folder is null ? null : FileNames.Find(folder, identity.FileName);
        return folder is null ? null : FileNames.Find(folder, identity.StoreKey);
    }
}
