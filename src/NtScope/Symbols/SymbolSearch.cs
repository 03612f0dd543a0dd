namespace NtScope.Symbols;

/// <summary>What a search for symbols came to.</summary>
/// <param name="File">The symbols, whose identity is that of the image; null if no place has them.</param>
/// <param name="Attempts">The places that were asked, in order, with the outcome of each.</param>
public sealed record SymbolSearch(ISymbolFile? File, IReadOnlyList<SymbolAttempt> Attempts);
