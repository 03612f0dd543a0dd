using NtScope.Images;
using NtScope.Symbols.Stores;

namespace NtScope.Symbols;

/// <summary>
/// Finds the symbols of an image along a symbol path. Only servers that the path names are asked. What is found is opened and its GUID and
/// age compared before it counts; a file of another identity is passed over and said so. Safe to use from several threads and processes.
/// </summary>
public sealed class SymbolResolver : IDisposable
{
    private readonly SymbolPath _path;
    private readonly SymbolServer _server;

    /// <summary>A resolver over <paramref name="path"/>.</summary>
    /// <param name="path">Where to look.</param>
    /// <param name="progress">Hears of downloads while they run.</param>
    public SymbolResolver(SymbolPath path, IProgress<SymbolDownload>? progress = null)
    {
        _path = path;
        _server = new SymbolServer(progress);
    }

    /// <summary>Looks for the symbols of <paramref name="identity"/>. That there are none is a result; only cancelling throws.</summary>
    public SymbolSearch Find(PdbIdentity identity, CancellationToken cancellation = default)
    {
        var attempts = new List<SymbolAttempt>();
        if (!IsSafe(identity.FileName))
        {
            attempts.Add(new SymbolAttempt(identity.FileName, "the image names its PDB in a way that is no file name"));
            return new SymbolSearch(null, attempts);
        }

        foreach (var element in _path.Elements)
        {
            var found = FindIn(element, identity, attempts, cancellation);
            if (found is not null)
            {
                return new SymbolSearch(found, attempts);
            }
        }

        return new SymbolSearch(null, attempts);
    }

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();

    private static bool IsSafe(string name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '\0']) < 0 && !name.Any(char.IsControl);

    private ISymbolFile? FindIn(SymbolPathElement element, PdbIdentity identity, List<SymbolAttempt> attempts, CancellationToken cancellation)
    {
        for (var i = 0; i < element.Caches.Count; i++)
        {
            if (new SymbolStore(element.Caches[i]).Find(identity, attempts) is { } cached)
            {
                return Keep(cached, element.Caches.Take(i), identity, attempts);
            }
        }

        if (element.IsServer)
        {
            var nearest = new SymbolStore(element.Caches[^1]);
            var downloaded = _server.Download(element.Place, nearest, identity, attempts, cancellation);
            return downloaded is null ? null : Keep(downloaded, element.Caches.SkipLast(1), identity, attempts);
        }

        var found = element.IsStore ? new SymbolStore(element.Place).Find(identity, attempts) : SymbolFolder.Find(element.Place, identity, attempts);
        return found is null ? null : Keep(found, element.Caches, identity, attempts);
    }

    private static ISymbolFile Keep(ISymbolFile file, IEnumerable<string> caches, PdbIdentity identity, List<SymbolAttempt> attempts)
    {
        foreach (var cache in caches.Reverse())
        {
            try
            {
                var store = new SymbolStore(cache);
                using var source = SymbolFiles.OpenRead(file.Path);
                store.Keep(identity, target => source.CopyTo(target));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InputException)
            {
                attempts.Add(new SymbolAttempt(cache, "cannot keep a copy: " + failure.Message));
            }
        }

        return file;
    }
}
