using System.Buffers.Binary;

namespace NtScope.Images;

/// <summary>Reads the blocks of <c>IMAGE_BASE_RELOCATION</c>.</summary>
internal static class RelocationReader
{
    private const int BlockHeaderSize = 8;

    public static RelocationTable Read(PeImage image)
    {
        var entry = image.Directory(ImageDirectory.BaseRelocation);
        if (entry.IsEmpty)
        {
            return new RelocationTable([], []);
        }

        var reader = new DirectoryReader(image, "base relocations");
        var rvas = new List<uint>();
        var kinds = new List<byte>();
        try
        {
            var bytes = reader.Bytes(entry.Rva, entry.Size, Limits.Relocations * sizeof(uint));
            rvas.EnsureCapacity(bytes.Length / sizeof(ushort));
            kinds.EnsureCapacity(bytes.Length / sizeof(ushort));
            ReadBlocks(reader, entry.Rva, bytes, rvas, kinds);
        }
        catch (InputException problem)
        {
            image.Report(problem);
        }

        var sortedRvas = rvas.ToArray();
        var sortedKinds = kinds.ToArray();
        if (!IsSorted(sortedRvas))
        {
            Array.Sort(sortedRvas, sortedKinds);
        }

        return new RelocationTable(sortedRvas, sortedKinds);
    }

    private static void ReadBlocks(DirectoryReader reader, uint start, ReadOnlySpan<byte> bytes, List<uint> rvas, List<byte> kinds)
    {
        for (var at = 0; bytes.Length - at >= BlockHeaderSize;)
        {
            var page = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            if (page == 0 && size == 0)
            {
                return;
            }

            if (size < BlockHeaderSize || size > bytes.Length - at)
            {
                throw reader.Problem(start + (uint)at, $"a block is 0x{size:x} bytes long where 0x{bytes.Length - at:x} are left");
            }

            for (var i = at + BlockHeaderSize; i + 1 < at + (int)size; i += sizeof(ushort))
            {
                var item = BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
                var kind = (RelocationKind)(item >> 12);
                if (kind == RelocationKind.Absolute)
                {
                    continue;
                }

                if (rvas.Count >= Limits.Relocations)
                {
                    throw reader.Problem(start + (uint)i, $"there are more than {Limits.Relocations}");
                }

                rvas.Add(unchecked(page + (uint)(item & 0xFFF)));
                kinds.Add((byte)kind);
                if (kind == RelocationKind.HighAdjusted)
                {
                    i += sizeof(ushort);
                }
            }

            at += (int)size;
        }
    }

    private static bool IsSorted(uint[] values)
    {
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i - 1] > values[i])
            {
                return false;
            }
        }

        return true;
    }
}
