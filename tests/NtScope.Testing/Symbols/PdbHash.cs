using System.Buffers.Binary;
using System.Text;

namespace NtScope.Testing.Symbols;

/// <summary>The hash functions of PDB tables and the table over symbol records that both the globals and the publics stream hold.</summary>
internal static class PdbHash
{
    private const int SymbolBuckets = 4096;
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>The hash of a name, in which case does not count.</summary>
    public static uint OfName(string name)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(name);
        var hash = 0u;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            hash ^= BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }

        if (bytes.Length >= 2)
        {
            hash ^= BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            bytes = bytes[2..];
        }

        hash ^= bytes.Length == 1 ? bytes[0] : 0u;
        hash |= 0x20202020;
        hash ^= hash >> 11;
        return hash ^ (hash >> 16);
    }

    /// <summary>The hash of a type record that has no name to hash.</summary>
    public static uint OfRecord(ReadOnlySpan<byte> record)
    {
        var crc = 0u;
        foreach (var value in record)
        {
            crc = CrcTable[(crc ^ value) & 0xff] ^ (crc >> 8);
        }

        return crc;
    }

    /// <summary>The table that finds symbol records by name.</summary>
    public static byte[] Table(IEnumerable<(string Name, uint Offset)> records)
    {
        var buckets = records.ToLookup(record => OfName(record.Name) % SymbolBuckets);
        using var stream = new MemoryStream();
        using var entries = new BinaryWriter(stream);
        using var offsets = new MemoryStream();
        using var starts = new BinaryWriter(offsets);
        var present = new uint[(SymbolBuckets + 32) / 32];
        var count = 0;
        for (var bucket = 0u; bucket < SymbolBuckets; bucket++)
        {
            if (!buckets.Contains(bucket)) continue;
            present[bucket / 32] |= 1u << (int)(bucket % 32);
            starts.Write(count * 12);
            foreach (var record in buckets[bucket].OrderBy(record => record.Name.Length).ThenBy(record => record.Name, StringComparer.OrdinalIgnoreCase))
            {
                entries.Write(record.Offset + 1);
                entries.Write(1);
                count++;
            }
        }

        using var table = new MemoryStream();
        using var writer = new BinaryWriter(table);
        writer.Write(0xffffffffu);
        writer.Write(0xeffe0000u + 19990810);
        writer.Write(count * 8);
        writer.Write((present.Length * 4) + (int)offsets.Length);
        writer.Write(stream.ToArray());
        Array.ForEach(present, writer.Write);
        writer.Write(offsets.ToArray());
        return table.ToArray();
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xedb88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
