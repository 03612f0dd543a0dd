namespace NtScope.Symbols;

/// <summary>One element of a symbol path.</summary>
/// <param name="Caches">The stores in front of the place, the nearest first: each is asked before it and keeps what is found behind it.</param>
/// <param name="Place">A folder, the root of a symbol store, or the address of a server.</param>
/// <param name="IsStore">Whether the place is laid out as a symbol store; a plain folder is searched in other ways too.</param>
public sealed record SymbolPathElement(IReadOnlyList<string> Caches, string Place, bool IsStore)
{
    /// <summary>Whether the place is a server, which is asked over HTTP.</summary>
    public bool IsServer => SymbolPath.IsServer(Place);
}
