namespace NtScope.Symbols.Types;

/// <summary>An enumeration and its constants.</summary>
/// <param name="Name">The name (<c>_POOL_TYPE</c>).</param>
/// <param name="Size">The size in bytes of a value.</param>
/// <param name="Constants">The constants in declaration order.</param>
public sealed record EnumerationLayout(string Name, uint Size, IReadOnlyList<KeyValuePair<string, long>> Constants);
