namespace NtScope.Images;

/// <summary>A place that the loader corrects when the image does not lie at its preferred base.</summary>
/// <param name="Rva">The place, in bytes from the image's base.</param>
/// <param name="Kind">How it is corrected.</param>
public readonly record struct Relocation(uint Rva, RelocationKind Kind);
