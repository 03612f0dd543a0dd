using FsCheck;
using NtScope.Symbols;

namespace NtScope.Tests.Symbols;

public class SymbolTableTests
{
    [Fact]
    public void The_most_trusted_source_places_a_name_and_names_a_place()
    {
        var symbols = new SymbolTable([new("NtClose", 0x100, NameSource.Symbol), new("NtOpenKey", 0x200, NameSource.Symbol)]);
        var exports = new SymbolTable([new("NtClose", 0x999, NameSource.Export), new("AliasOfOpenKey", 0x200, NameSource.Export), new("Extra", 0x300, NameSource.Export)]);
        var merged = SymbolTable.Merge(symbols, exports);
        merged.All().Select(symbol => symbol.Name).ShouldBe(["NtClose", "AliasOfOpenKey", "NtOpenKey", "Extra"]);
        merged.TryGetRva("NtClose", out var rva).ShouldBeTrue();
        rva.ShouldBe(0x100u);
        merged.TryGetNearest(0x2ff, out var nearest).ShouldBeTrue();
        nearest.Name.ShouldBe("NtOpenKey");
        merged.TryGetNearest(0xff, out _).ShouldBeFalse();
    }

    [Fact]
    public void The_nearest_symbol_is_the_one_a_linear_search_finds() => FsCheck.Fluent.Prop.ForAll<ushort[], ushort>((places, wanted) =>
    {
        var table = new SymbolTable(places.Select((place, i) => new Symbol($"S{i}", place, NameSource.Symbol)));
        var below = places.Where(place => place <= wanted).ToArray();
        return table.TryGetNearest(wanted, out var found) ? below.Length > 0 && found.Rva == below.Max() : below.Length == 0;
    }).QuickCheckThrowOnFailure();
}
