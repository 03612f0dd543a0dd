namespace NtScope.Images;

/// <summary>A section of an image.</summary>
/// <param name="Name">Its name, at most eight characters: <c>.text</c>, <c>INIT</c>, <c>PAGE</c>.</param>
/// <param name="Rva">Where it is mapped, in bytes from the image's base.</param>
/// <param name="VirtualSize">Its size as mapped, in bytes, before rounding up to the section alignment.</param>
/// <param name="FileOffset">Where its data is in the file, in bytes.</param>
/// <param name="FileSize">How much data the file has for it, in bytes; the rest is zero.</param>
/// <param name="Characteristics">The <c>IMAGE_SCN_*</c> bits of its header.</param>
public sealed record ImageSection(string Name, uint Rva, uint VirtualSize, uint FileOffset, uint FileSize, uint Characteristics)
{
    private const uint DiscardableBit = 0x02000000;
    private const uint ExecutableBit = 0x20000000;
    private const uint WritableBit = 0x80000000;

    /// <summary>Whether its pages may be executed.</summary>
    public bool IsExecutable => (Characteristics & ExecutableBit) != 0;

    /// <summary>Whether its pages may be written.</summary>
    public bool IsWritable => (Characteristics & WritableBit) != 0;

    /// <summary>Whether it is taken away once a driver is initialised, as <c>INIT</c> is.</summary>
    public bool IsDiscardable => (Characteristics & DiscardableBit) != 0;

    /// <summary>Whether <paramref name="rva"/> lies in the section.</summary>
    public bool Contains(uint rva) => rva >= Rva && rva - Rva < VirtualSize;
}
