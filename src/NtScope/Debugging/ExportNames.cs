using NtScope.Images;
using NtScope.Symbols;

namespace NtScope.Debugging;

/// <summary>The names that an image exports, read when the first is asked for: a machine has some hundred images, and most are never named.</summary>
/// <param name="image">The image.</param>
internal sealed class ExportNames(PeImage image) : ISymbolSource
{
    private readonly Lazy<SymbolTable> _table = new(() => new SymbolTable(
        from function in image.Exports.Functions
        where function.Name is not null && function.Forwarder is null
        select new Symbol(function.Name!, function.Rva, NameSource.Export)));

    /// <inheritdoc/>
    public int Count => _table.Value.Count;

    /// <inheritdoc/>
    public bool TryGetRva(string name, out uint rva) => _table.Value.TryGetRva(name, out rva);

    /// <inheritdoc/>
    public bool TryGetRvaIgnoringCase(string name, out uint rva) => _table.Value.TryGetRvaIgnoringCase(name, out rva);

    /// <inheritdoc/>
    public bool TryGetNearest(uint rva, out Symbol symbol) => _table.Value.TryGetNearest(rva, out symbol);

    /// <inheritdoc/>
    public IEnumerable<Symbol> All() => _table.Value.All();
}
