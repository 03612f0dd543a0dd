using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NtScope.Images;

/// <summary>Finds the version resource in the resource tree and reads <c>VS_VERSIONINFO</c>.</summary>
internal static class VersionResourceReader
{
    private const uint VersionType = 16;
    private const uint SubdirectoryBit = 0x80000000;
    private const uint FixedSignature = 0xFEEF04BD;
    private const int FixedSize = 52;
    private const int BlockHeaderSize = 6;

    public static VersionInformation? Read(PeImage image)
    {
        var entry = image.Directory(ImageDirectory.Resource);
        if (entry.IsEmpty)
        {
            return null;
        }

        var reader = new DirectoryReader(image, "resource directory");
        try
        {
            return FindData(reader, entry.Rva) is { } data
                ? ParseBlock(reader.Bytes(data.Rva, data.Size, Limits.VersionResourceBytes))
                : null;
        }
        catch (InputException problem)
        {
            image.Report(problem);
            return null;
        }
    }

    /// <summary>Goes down from the root: the version type, then the first name and the first language.</summary>
    private static DirectoryEntry? FindData(DirectoryReader reader, uint root)
    {
        var table = root;
        for (var depth = 0; depth < Limits.ResourceDepth; depth++)
        {
            if (FindChild(reader, table, depth == 0 ? VersionType : null) is not { } child)
            {
                return null;
            }

            if ((child & SubdirectoryBit) == 0)
            {
                return new DirectoryEntry(reader.UInt32(root + child), reader.UInt32(root + child + 4));
            }

            table = root + (child & ~SubdirectoryBit);
        }

        throw reader.Problem(table, $"is deeper than {Limits.ResourceDepth} levels");
    }

    private static uint? FindChild(DirectoryReader reader, uint table, uint? wanted)
    {
        var count = reader.UInt16(table + 12) + reader.UInt16(table + 14);
        if (count > Limits.ResourceEntries)
        {
            throw reader.Problem(table, $"has {count} entries; at most {Limits.ResourceEntries} are read");
        }

        for (uint i = 0; i < count; i++)
        {
            var entry = table + 16 + (i * 8);
            if (wanted is null || reader.UInt32(entry) == wanted)
            {
                return reader.UInt32(entry + 4);
            }
        }

        return null;
    }

    private static VersionInformation? ParseBlock(ReadOnlySpan<byte> block)
    {
        var signature = block.IndexOf(BitConverter.GetBytes(FixedSignature));
        if (signature < 0 || block.Length - signature < FixedSize)
        {
            return null;
        }

        var words = block.Slice(signature, FixedSize);
        var strings = new Dictionary<string, string>(StringComparer.Ordinal);
        ParseChildren(block[(signature + FixedSize)..], signature + FixedSize, depth: 0, strings);
        return new VersionInformation(Version(words[8..]), Version(words[16..]), strings);
    }

    private static FileVersion Version(ReadOnlySpan<byte> words)
    {
        var high = BinaryPrimitives.ReadUInt32LittleEndian(words);
        var low = BinaryPrimitives.ReadUInt32LittleEndian(words[4..]);
        return new FileVersion((int)(high >> 16), (int)(high & 0xFFFF), (int)(low >> 16), (int)(low & 0xFFFF));
    }

    /// <summary>Walks <c>StringFileInfo</c> (0), its <c>StringTable</c> of one language (1) and the strings there (2).</summary>
    private static void ParseChildren(ReadOnlySpan<byte> bytes, int offset, int depth, Dictionary<string, string> strings)
    {
        for (var at = Align(offset) - offset; at + BlockHeaderSize <= bytes.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            if (length < BlockHeaderSize || length > bytes.Length - at || strings.Count >= Limits.VersionStrings)
            {
                return;
            }

            var child = bytes.Slice(at, length);
            var key = Text(child[BlockHeaderSize..]);
            var content = Align(offset + at + BlockHeaderSize + ((key.Length + 1) * sizeof(char))) - offset - at;
            if (content <= length)
            {
                if (depth == 2)
                {
                    strings.TryAdd(key, Text(child[content..]));
                }
                else if (depth == 1 || key == "StringFileInfo")
                {
                    ParseChildren(child[content..], offset + at + content, depth + 1, strings);
                }
            }

            if (depth == 1)
            {
                return;
            }

            at = Align(offset + at + length) - offset;
        }
    }

    private static int Align(int offset) => (offset + 3) & ~3;

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var characters = MemoryMarshal.Cast<byte, char>(bytes);
        var end = characters.IndexOf('\0');
        return new string(end < 0 ? characters : characters[..end]);
    }
}
