namespace NtScope.Lab.Machine.Images;

/// <summary>A section of an image to write.</summary>
/// <param name="Name">Its name, at most eight letters.</param>
/// <param name="Rva">Where it begins; page aligned.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Characteristics">Its <c>IMAGE_SCN</c> flags.</param>
internal sealed record ImageSectionPlan(string Name, uint Rva, uint Size, uint Characteristics)
{
    /// <summary>Code: executable and readable.</summary>
    public const uint Code = 0x6000_0020;

    /// <summary>Constants: readable.</summary>
    public const uint Constants = 0x4000_0040;

    /// <summary>Constants that only the loader needs.</summary>
    public const uint Discardable = 0x4200_0040;

    /// <summary>Variables: readable and writable.</summary>
    public const uint Variables = 0xC000_0040;
}
