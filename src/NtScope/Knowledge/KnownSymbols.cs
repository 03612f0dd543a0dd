using NtScope.Knowledge.Storage;
using NtScope.Symbols;

namespace NtScope.Knowledge;

/// <summary>All symbols of one real kernel, from embedded knowledge.</summary>
internal sealed class KnownSymbols : ISymbolSource
{
    private readonly SymbolFile _file;
    private readonly SymbolFile.KernelRecord _record;
    private readonly uint[] _rvas;
    private readonly string?[] _names;
    private int[]? _places;
    private FoldedNames? _folded;

    /// <summary>The symbols of <paramref name="record"/>.</summary>
    public KnownSymbols(SymbolFile file, SymbolFile.KernelRecord record)
    {
        _file = file;
        _record = record;
        _rvas = file.ReadRvas(record);
        _names = new string?[_rvas.Length];
    }

    /// <inheritdoc/>
    public int Count => _rvas.Length;

    /// <inheritdoc/>
    public bool TryGetRva(string name, out uint rva)
    {
        rva = 0;
        if (!_file.Pool.TryFind(name, out var number))
        {
            return false;
        }

        var place = (_places ??= PlaceNames())[number];
        if (place == 0)
        {
            return false;
        }

        rva = _rvas[place - 1];
        return true;
    }

    /// <inheritdoc/>
    public bool TryGetRvaIgnoringCase(string name, out uint rva) => TryGetRva(name, out rva) || (_folded ??= new FoldedNames(this)).TryGetRva(name, out rva);

    /// <inheritdoc/>
    public bool TryGetNearest(uint rva, out Symbol symbol)
    {
        var place = Array.BinarySearch(_rvas, rva);
        place = place < 0 ? ~place - 1 : place;
        if (place < 0)
        {
            symbol = default;
            return false;
        }

        symbol = SymbolAt(BestNameAt(place));
        return true;
    }

    /// <inheritdoc/>
    public IEnumerable<Symbol> All()
    {
        for (var place = 0; place < _rvas.Length; place++)
        {
            yield return SymbolAt(place);
        }
    }

    // Names are unpacked once each: lookups by address come again and again.
    private Symbol SymbolAt(int place) => new(_names[place] ??= _file.Pool[_file.NumbersOf(_record)[place]], _rvas[place], NameSource.Symbol);

    /// <summary>Of several names at one place the first in ascending order that a person wrote; those of string constants start with <c>?</c>.</summary>
    private int BestNameAt(int place)
    {
        var rva = _rvas[place];
        while (place > 0 && _rvas[place - 1] == rva)
        {
            place--;
        }

        for (var candidate = place; candidate < _rvas.Length && _rvas[candidate] == rva; candidate++)
        {
            if (char.IsAsciiLetter(SymbolAt(candidate).Name[0]))
            {
                return candidate;
            }
        }

        return place;
    }

    /// <summary>For each name of the pool its place among the RVAs counted from 1; 0 if this kernel does not have it.</summary>
    private int[] PlaceNames()
    {
        var numbers = _file.NumbersOf(_record);
        var places = new int[_file.Pool.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            places[numbers[i]] = i + 1;
        }

        return places;
    }
}
