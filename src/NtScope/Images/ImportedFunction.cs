namespace NtScope.Images;

/// <summary>An imported function.</summary>
/// <param name="Name">Its name; null if it is imported by ordinal.</param>
/// <param name="Ordinal">Its ordinal; null if it is imported by name.</param>
/// <param name="SlotRva">Where its address is put, in bytes from the image's base: its slot in the import address table.</param>
public readonly record struct ImportedFunction(string? Name, ushort? Ordinal, uint SlotRva);
