namespace NtScope.Symbols;

/// <summary>
/// Where symbols are looked for, in the syntax of <c>_NT_SYMBOL_PATH</c>: elements between semicolons, each a folder,
/// <c>srv*STORE*…*STORE</c>, <c>symsrv*symsrv.dll*STORE*…</c>, or <c>cache*FOLDER</c>, which keeps what all later elements find.
/// </summary>
public sealed class SymbolPath
{
    private SymbolPath(IReadOnlyList<SymbolPathElement> elements) => Elements = elements;

    /// <summary>No place at all.</summary>
    public static SymbolPath Empty { get; } = new([]);

    /// <summary>The elements in the order they are tried.</summary>
    public IReadOnlyList<SymbolPathElement> Elements { get; }

    /// <summary>Where downloads are kept if the path names a server without a store in front of it.</summary>
    public static string DefaultCache => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "NtScope", "symbols");

    /// <summary>Reads a symbol path; empty elements are skipped.</summary>
    /// <exception cref="InputException">An element cannot be used; the message says which and why.</exception>
    public static SymbolPath Parse(string text)
    {
        var elements = new List<SymbolPathElement>();
        string? cache = null;
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = part.Split('*');
            if (fields.Length == 1)
            {
                elements.Add(IsServer(part) ? Chain([part], cache) : new SymbolPathElement(cache is null ? [] : [cache], part, IsStore: false));
                continue;
            }

            switch (fields[0].ToUpperInvariant())
            {
                case "CACHE":
                    cache = fields[1].Length > 0 ? fields[1] : DefaultCache;
                    elements.Add(new SymbolPathElement([], cache, IsStore: true));
                    break;
                case "SRV":
                    elements.Add(Chain(fields[1..], cache));
                    break;
                case "SYMSRV" when fields.Length > 2:
                    elements.Add(Chain(fields[2..], cache));
                    break;
                default:
                    throw new InputException(part, "not a symbol path element: use FOLDER, srv*STORE*SERVER, symsrv*symsrv.dll*STORE*SERVER or cache*FOLDER");
            }
        }

        return new SymbolPath(elements);
    }

    /// <summary>What of this path can be searched without asking a server.</summary>
    public SymbolPath WithoutServers() => new(
    [
        .. Elements.SelectMany(element => element.IsServer
            ? element.Caches.Select(cache => new SymbolPathElement([], cache, IsStore: true))
            : [element]),
    ]);

    /// <summary>This path with further folders behind it.</summary>
    public SymbolPath WithFolders(IEnumerable<string> folders) =>
        new([.. Elements, .. folders.Select(folder => new SymbolPathElement([], folder, IsStore: false))]);

    /// <summary>Whether a place is a server and not a folder.</summary>
    internal static bool IsServer(string place) =>
        place.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || place.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static SymbolPathElement Chain(string[] fields, string? cache)
    {
        var stores = fields.Select(field => field.Length == 0 ? DefaultCache : field).ToList();
        if (stores.Count == 0 || (stores.Count == 1 && fields[0].Length == 0))
        {
            throw new InputException(string.Join('*', fields), "a symbol server element names no store: use srv*STORE*SERVER");
        }

        var server = stores.FindIndex(IsServer);
        if (server >= 0 && server < stores.Count - 1)
        {
            throw new InputException(stores[server], "a server must be the last store of its element");
        }

        if (cache is not null)
        {
            stores.Insert(0, cache);
        }
        else if (server == 0)
        {
            stores.Insert(0, DefaultCache);
        }

        return new SymbolPathElement(stores[..^1], stores[^1], IsStore: true);
    }
}
