namespace NtScope.Symbols;

/// <summary>A name at a place in an image.</summary>
/// <param name="Name">The name, undecorated (<c>NtCreateFile</c>, not <c>_NtCreateFile@44</c>).</param>
/// <param name="Rva">Where it is, in bytes from the image's base.</param>
/// <param name="Source">What the name rests on.</param>
public readonly record struct Symbol(string Name, uint Rva, NameSource Source);
