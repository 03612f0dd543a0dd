using NtScope.Symbols;

namespace NtScope.Kernel.Locating;

/// <summary>The kernel's names from a symbol source, if there is one, and the few that structures of the machine lead to.</summary>
internal sealed class KernelSymbols : ISymbolSource
{
    // What structures lead to are variables; behind one of them begins what has no name.
    private const uint VariableSize = 0x80;

    private readonly ISymbolSource? _symbols;
    private readonly Symbol[] _found;
    private FoldedNames? _folded;

    /// <summary>Names of <paramref name="symbols"/> first; <paramref name="found"/> fills the gaps.</summary>
    public KernelSymbols(ISymbolSource? symbols, IEnumerable<Symbol> found)
    {
        _symbols = symbols;
        _found = [.. found.Where(symbol => symbols is null || !symbols.TryGetRva(symbol.Name, out _)).OrderBy(symbol => symbol.Rva)];
    }

    public int Count => (_symbols?.Count ?? 0) + _found.Length;

    public bool TryGetRva(string name, out uint rva)
    {
        if (_symbols?.TryGetRva(name, out rva) == true)
        {
            return true;
        }

        foreach (var symbol in _found)
        {
            if (symbol.Name == name)
            {
                rva = symbol.Rva;
                return true;
            }
        }

        rva = 0;
        return false;
    }

    public bool TryGetRvaIgnoringCase(string name, out uint rva) => TryGetRva(name, out rva) || (_folded ??= new FoldedNames(this)).TryGetRva(name, out rva);

    public bool TryGetNearest(uint rva, out Symbol symbol)
    {
        symbol = default;
        var isThere = _symbols?.TryGetNearest(rva, out symbol) == true;
        foreach (var found in _found)
        {
            if (found.Rva <= rva && rva - found.Rva < VariableSize && (!isThere || found.Rva > symbol.Rva))
            {
                symbol = found;
                isThere = true;
            }
        }

        return isThere;
    }

    public IEnumerable<Symbol> All() => _symbols is null
        ? _found
        : _symbols.All().Concat(_found).OrderBy(symbol => symbol.Rva).ThenBy(symbol => symbol.Name, StringComparer.Ordinal);
}
