namespace NtScope.Symbols;

/// <summary>
/// Names over sorted arrays: lookups are binary searches or one hash and allocate nothing. Several sources are merged by priority: the
/// first that knows a name says where it is (the lowest place, if it says several), and at one place its names come before those of the others.
/// </summary>
public sealed class SymbolTable : ISymbolSource
{
    private readonly uint[] _rvas;
    private readonly Symbol[] _symbols;
    private readonly int[] _preferred;
    private Dictionary<string, uint>? _rvaByName;
    private FoldedNames? _folded;

    /// <summary>A table of <paramref name="symbols"/> in any order. A name may stand at several places; a pair that comes again is dropped.</summary>
    public SymbolTable(IEnumerable<Symbol> symbols)
        : this(new IEnumerable<Symbol>[] { symbols })
    {
    }

    private SymbolTable(IEnumerable<Symbol>[] sources)
    {
        var ranked = new List<(Symbol Symbol, int Rank)>();
        var rankOfName = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<(string, uint)>();
        for (var rank = 0; rank < sources.Length; rank++)
        {
            foreach (var symbol in sources[rank])
            {
                rankOfName.TryAdd(symbol.Name, rank);
                if (rankOfName[symbol.Name] == rank && seen.Add((symbol.Name, symbol.Rva))) ranked.Add((symbol, rank));
            }
        }

        ranked.Sort(static (left, right) =>
        {
            var byPlace = left.Symbol.Rva.CompareTo(right.Symbol.Rva);
            return byPlace != 0 ? byPlace : string.CompareOrdinal(left.Symbol.Name, right.Symbol.Name);
        });
        _rvas = new uint[ranked.Count];
        _symbols = new Symbol[ranked.Count];
        _preferred = new int[ranked.Count];
        for (int i = 0, first = 0; i < ranked.Count; i++)
        {
            _rvas[i] = ranked[i].Symbol.Rva;
            _symbols[i] = ranked[i].Symbol;
            if (_rvas[i] != _rvas[first])
            {
                first = i;
            }

            var preferred = i == first || ranked[i].Rank < ranked[_preferred[first]].Rank ? i : _preferred[first];
            _preferred[first] = preferred;
        }
    }

    /// <summary>No names.</summary>
    public static SymbolTable Empty { get; } = new(Array.Empty<Symbol>());

    /// <inheritdoc/>
    public int Count => _symbols.Length;

    /// <summary>Several sources as one, the most trusted first.</summary>
    public static SymbolTable Merge(params IReadOnlyList<ISymbolSource> sources) => new(sources.Select(source => source.All()).ToArray());

    /// <inheritdoc/>
    public bool TryGetRva(string name, out uint rva)
    {
        var byName = _rvaByName ??= IndexNames();
        return byName.TryGetValue(name, out rva);
    }

    /// <inheritdoc/>
    public bool TryGetRvaIgnoringCase(string name, out uint rva) => TryGetRva(name, out rva) || (_folded ??= new FoldedNames(this)).TryGetRva(name, out rva);

    /// <inheritdoc/>
    public bool TryGetNearest(uint rva, out Symbol symbol)
    {
        var place = Array.BinarySearch(_rvas, rva);
        place = place >= 0 ? place : ~place - 1;
        if (place < 0)
        {
            symbol = default;
            return false;
        }

        while (place > 0 && _rvas[place - 1] == _rvas[place])
        {
            place--;
        }

        symbol = _symbols[_preferred[place]];
        return true;
    }

    /// <inheritdoc/>
    public IEnumerable<Symbol> All() => _symbols;

    private Dictionary<string, uint> IndexNames()
    {
        var byName = new Dictionary<string, uint>(_symbols.Length, StringComparer.Ordinal);
        foreach (var symbol in _symbols)
        {
            byName.TryAdd(symbol.Name, symbol.Rva);
        }

        return byName;
    }
}
