namespace NtScope.Images;

/// <summary>An entry of the optional header's data directory.</summary>
/// <param name="Rva">Where the directory is, in bytes from the image's base; 0 if the image has none.</param>
/// <param name="Size">Its size in bytes, as the header says.</param>
internal readonly record struct DirectoryEntry(uint Rva, uint Size)
{
    public bool IsEmpty => Rva == 0 || Size == 0;
}
