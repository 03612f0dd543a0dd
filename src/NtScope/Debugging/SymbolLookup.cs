using System.IO.Enumeration;
using NtScope.Symbols;

namespace NtScope.Debugging;

/// <summary>Names from addresses and addresses from names over all modules of a target. Names are compared without case, as WinDbg does.</summary>
/// <param name="modules">The modules as they are now.</param>
public sealed class SymbolLookup(Func<IReadOnlyList<Module>> modules)
{
    private ModuleMap? _map;

    /// <summary>The addresses that <c>module!name</c>, <c>name</c> or a module's name stands for.</summary>
    public IReadOnlyList<VirtualAddress> Find(string name)
    {
        var bang = name.IndexOf('!', StringComparison.Ordinal);
        var moduleName = bang > 0 ? name[..bang] : null;
        var symbolName = name[(bang + 1)..];
        var found = new List<VirtualAddress>();
        foreach (var module in modules())
        {
            if (moduleName is not null && !string.Equals(module.Name, moduleName, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (module is { Base: { } start, Symbols: { } symbols } && symbols.TryGetRvaIgnoringCase(symbolName, out var rva) && !found.Contains(start + rva))
            {
                found.Add(start + rva);
            }
        }

        if (found.Count == 0 && bang < 0
            && modules().FirstOrDefault(module => string.Equals(module.Name, name, StringComparison.OrdinalIgnoreCase))?.Base is { } moduleBase)
        {
            found.Add(moduleBase);
        }

        return found;
    }

    /// <summary>The symbol at <paramref name="address"/> or the nearest below it in the same module.</summary>
    public bool TryGetNearest(VirtualAddress address, out SymbolPlace place)
    {
        place = default;
        if (ModuleAt(address) is not { Base: { } start } module)
        {
            return false;
        }

        var offset = (uint)(address - start);
        place = module.Symbols is { } symbols && symbols.TryGetNearest(offset, out var symbol)
            ? new SymbolPlace(module, symbol.Name, start + symbol.Rva, offset - symbol.Rva)
            : new SymbolPlace(module, string.Empty, start, offset);
        return true;
    }

    /// <summary>The module that covers <paramref name="address"/>, or null.</summary>
    public Module? ModuleAt(VirtualAddress address) => (_map = ModuleMap.Of(modules(), _map)).At(address);

    /// <summary>The first symbol above <paramref name="rva"/> in a module.</summary>
    public static bool TryGetNext(Module module, uint rva, out Symbol next)
    {
        next = default;
        if (module.Symbols is not { } symbols)
        {
            return false;
        }

        // Search for the lowest RVA whose nearest symbol lies above ours: symbols are ascending, so the answer is monotonic.
        uint low = rva, high = module.Size;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (symbols.TryGetNearest(middle, out var at) && at.Rva > rva)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return symbols.TryGetNearest(low, out next) && next.Rva > rva;
    }

    /// <summary>All symbols that match <c>module!pattern</c>, ascending by address in each module.</summary>
    public IEnumerable<SymbolPlace> Match(string modulePattern, string symbolPattern)
    {
        var pattern = new SymbolPattern(symbolPattern);
        foreach (var module in modules())
        {
            if (!FileSystemName.MatchesSimpleExpression(modulePattern, module.Name) || module is not { Base: { } start, Symbols: { } symbols })
            {
                continue;
            }

            foreach (var symbol in symbols.All())
            {
                // String constants have names that are made of their text; debuggers call all of them `string'.
                if (!symbol.Name.StartsWith("??_C@", StringComparison.Ordinal) && pattern.Matches(symbol.Name))
                {
                    yield return new SymbolPlace(module, symbol.Name, start + symbol.Rva, 0);
                }
            }
        }
    }
}
