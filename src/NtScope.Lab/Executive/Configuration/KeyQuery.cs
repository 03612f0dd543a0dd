namespace NtScope.Lab.Executive.Configuration;

/// <summary>What a query of a key or value is answered into.</summary>
/// <param name="Kind">The information class.</param>
/// <param name="Buffer">Where the information goes.</param>
/// <param name="Length">The bytes there.</param>
/// <param name="ResultLength">Where the bytes that it takes go.</param>
internal readonly record struct KeyQuery(uint Kind, ulong Buffer, uint Length, ulong ResultLength);
