using System.Text.Json;

namespace NtScope.Symbols.Isf;

/// <summary>The symbols of an ISF document: names with RVAs.</summary>
internal static class IsfSymbols
{
    public static SymbolTable Read(JsonElement root, string path)
    {
        if (!root.TryGetObject("symbols", out var members))
        {
            return SymbolTable.Empty;
        }

        var symbols = new List<Symbol>();
        foreach (var member in members.EnumerateObject())
        {
            if (symbols.Count >= Limits.Symbols)
            {
                throw new InputException(path, $"more than {Limits.Symbols} symbols");
            }

            // Address 0 stands for symbols that the image does not hold.
            if (member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetUInt32("address", out var rva) && rva is > 0 and <= Limits.ImageBytes)
            {
                symbols.Add(new Symbol(member.Name, rva, NameSource.Symbol));
            }
        }

        return new SymbolTable(symbols);
    }
}
