namespace NtScope.Testing.Captures;

/// <summary>Writes captures without a machine's facts: raw memory (padded with zeros) and LiME.</summary>
public static class PlainWriter
{
    /// <summary>Raw memory up to the last page, holes zero, at least <paramref name="size"/> bytes.</summary>
    public static byte[] Raw(PhysicalPages memory, int size = 0)
    {
        var end = (int)((memory.Pages.Keys.Last() + 1) * PhysicalPages.PageSize);
        var bytes = new byte[Math.Max(size, end)];
        foreach (var (page, content) in memory.Pages)
        {
            content.CopyTo(bytes, (int)page * PhysicalPages.PageSize);
        }

        return bytes;
    }

    /// <summary>LiME ranges, version 1.</summary>
    public static byte[] Lime(PhysicalPages memory)
    {
        using var file = new MemoryStream();
        foreach (var (first, count) in memory.Runs)
        {
            file.Write(new BytesAt(32)
                .Put(0, "EMiL"u8)
                .Put(4, 1U)
                .Put(8, first * PhysicalPages.PageSize)
                .Put(16, (first + count) * PhysicalPages.PageSize - 1)
                .Bytes);
            for (var page = first; page < first + count; page++)
            {
                file.Write(memory[page]);
            }
        }

        return file.ToArray();
    }
}
