namespace NtScope.Images;

/// <summary>Reads <c>IMAGE_LOAD_CONFIG_DIRECTORY32</c> and <c>64</c>.</summary>
internal static class LoadConfigurationReader
{
    public static LoadConfiguration? Read(PeImage image)
    {
        var entry = image.Directory(ImageDirectory.LoadConfiguration);
        if (entry.IsEmpty)
        {
            return null;
        }

        var reader = new DirectoryReader(image, "load configuration");
        try
        {
            var size = reader.UInt32(entry.Rva);
            return image.Is64Bit
                ? new LoadConfiguration(
                    size,
                    Address(0x58),
                    size >= 0x94 ? reader.UInt32(entry.Rva + 0x90) : 0,
                    Address(0x80),
                    Count(0x88),
                    Address(0xC8))
                : new LoadConfiguration(
                    size,
                    Address(0x3C),
                    size >= 0x5C ? reader.UInt32(entry.Rva + 0x58) : 0,
                    Address(0x50),
                    Count(0x54),
                    Address(0x7C));

            ulong Count(uint offset) => size >= offset + image.PointerSize ? reader.Pointer(entry.Rva + offset) : 0;

            uint Address(uint offset) => image.TryGetRva(Count(offset), out var rva) ? rva : 0;
        }
        catch (InputException problem)
        {
            image.Report(problem);
            return null;
        }
    }
}
