namespace NtScope.Symbols;

/// <summary>One place that was asked for symbols.</summary>
/// <param name="Place">The file or address.</param>
/// <param name="Outcome">What came of it: <c>found</c>, <c>not there</c>, or what is wrong with what is there.</param>
public sealed record SymbolAttempt(string Place, string Outcome)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {Outcome}";
}
