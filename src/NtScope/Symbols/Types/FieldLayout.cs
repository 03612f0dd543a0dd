namespace NtScope.Symbols.Types;

/// <summary>One field of a structure.</summary>
/// <param name="Name">The field's name; empty for an unnamed union or structure.</param>
/// <param name="Offset">Bytes from the start of the structure; for a bit field, of the unit that holds it.</param>
/// <param name="Type">What it holds.</param>
/// <param name="BitPosition">The lowest bit of a bit field inside its unit; 0 otherwise.</param>
/// <param name="BitLength">The width of a bit field in bits; 0 for any other field.</param>
public sealed record FieldLayout(string Name, uint Offset, TypeReference Type, byte BitPosition = 0, byte BitLength = 0);
