using NtScope.Knowledge.Storage;

namespace NtScope.KnowledgeGenerator;

/// <summary>Writes what <see cref="KnowledgeResource"/> reads: sections behind a directory, each on a multiple of four bytes.</summary>
internal static class ResourceWriter
{
    /// <summary>A file of sections in order.</summary>
    public static byte[] Write(params byte[][] sections)
    {
        var file = new PackedWriter().UInt32(KnowledgeResource.Magic).UInt32((uint)sections.Length);
        var offset = KnowledgeResource.HeaderSize + sections.Length * KnowledgeResource.EntrySize;
        foreach (var section in sections)
        {
            file.UInt32((uint)offset).UInt32((uint)section.Length);
            offset += Padded(section.Length);
        }

        foreach (var section in sections)
        {
            file.Bytes(section).Bytes(new byte[Padded(section.Length) - section.Length]);
        }

        return file.ToArray();
    }

    private static int Padded(int length) => (length + 3) & ~3;
}
