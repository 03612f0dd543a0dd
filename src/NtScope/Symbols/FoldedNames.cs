namespace NtScope.Symbols;

/// <summary>The names of one image compared without case. Of names that differ by case alone the one at the lowest place stands for all.</summary>
internal sealed class FoldedNames
{
    private readonly Dictionary<string, uint> _rvas;

    /// <summary>An index over all symbols of a source.</summary>
    public FoldedNames(ISymbolSource symbols)
    {
        _rvas = new Dictionary<string, uint>(symbols.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var symbol in symbols.All())
        {
            _rvas.TryAdd(symbol.Name, symbol.Rva);
        }
    }

    /// <summary>Where a name is; one hash, nothing allocated.</summary>
    public bool TryGetRva(string name, out uint rva) => _rvas.TryGetValue(name, out rva);
}
