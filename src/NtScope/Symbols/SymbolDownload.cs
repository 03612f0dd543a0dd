namespace NtScope.Symbols;

/// <summary>How far a download is.</summary>
/// <param name="Address">What is downloaded.</param>
/// <param name="Received">Bytes so far.</param>
/// <param name="Total">Bytes in all; null if the server does not say.</param>
public sealed record SymbolDownload(string Address, long Received, long? Total);
