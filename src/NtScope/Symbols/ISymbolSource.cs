namespace NtScope.Symbols;

/// <summary>The names of one image, from one origin or several merged. Lookups by name and by place are O(log n) or better.</summary>
public interface ISymbolSource
{
    /// <summary>How many symbols there are.</summary>
    int Count { get; }

    /// <summary>Where <paramref name="name"/> is; case counts.</summary>
    bool TryGetRva(string name, out uint rva);

    /// <summary>Where <paramref name="name"/> is; case does not count, but a name that is the same with its case comes first.</summary>
    bool TryGetRvaIgnoringCase(string name, out uint rva);

    /// <summary>The symbol at <paramref name="rva"/> or the nearest below it.</summary>
    bool TryGetNearest(uint rva, out Symbol symbol);

    /// <summary>All symbols, ascending by RVA, then by name.</summary>
    IEnumerable<Symbol> All();
}
