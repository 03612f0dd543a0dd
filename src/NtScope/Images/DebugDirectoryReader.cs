namespace NtScope.Images;

/// <summary>Reads the RSDS record of <c>IMAGE_DEBUG_DIRECTORY</c>.</summary>
internal static class DebugDirectoryReader
{
    private const uint EntrySize = 28;
    private const uint CodeView = 2;
    private const uint Rsds = 0x53445352;
    private const int RecordHeaderSize = 24;

    public static PdbIdentity? Read(PeImage image)
    {
        var entry = image.Directory(ImageDirectory.Debug);
        if (entry.IsEmpty)
        {
            return null;
        }

        var reader = new DirectoryReader(image, "debug directory");
        try
        {
            var count = entry.Size / EntrySize;
            if (count > Limits.DebugEntries)
            {
                throw reader.Problem(entry.Rva, $"has {count} entries; at most {Limits.DebugEntries} are read");
            }

            for (uint i = 0; i < count; i++)
            {
                var at = entry.Rva + (i * EntrySize);
                var record = reader.UInt32(at + 20);
                if (reader.UInt32(at + 12) == CodeView && record != 0 && reader.UInt32(record) == Rsds)
                {
                    return ReadRecord(reader, record);
                }
            }
        }
        catch (InputException problem)
        {
            image.Report(problem);
        }

        return null;
    }

    private static PdbIdentity ReadRecord(DirectoryReader reader, uint rva)
    {
        var guid = new Guid(reader.Bytes(rva + 4, 16, 16));
        var age = reader.UInt32(rva + 20);
        var path = reader.Text(rva + RecordHeaderSize);
        return new PdbIdentity(path[(path.LastIndexOfAny(['\\', '/']) + 1)..], guid, age);
    }
}
