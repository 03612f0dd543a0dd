using System.Buffers.Binary;
using System.IO.Compression;

namespace NtScope.Symbols.Stores;

/// <summary>
/// Unpacks a cabinet that holds one file, as stores keep packed symbols. MSZIP and uncompressed cabinets are read; LZX and Quantum are not.
/// </summary>
internal static class Cabinet
{
    private const int HeaderBytes = 36;
    private const int HistoryBytes = 32768;
    private const ushort HasPrevious = 1;
    private const ushort HasNext = 2;
    private const ushort HasReserve = 4;

    /// <summary>The bytes of the cabinet's first folder, which for one file is the file.</summary>
    /// <exception cref="InputException">It is no cabinet, is one of several, is damaged, or is packed in a way that cannot be read.</exception>
    public static byte[] UnpackOnly(Stream stream, string name)
    {
        using var buffered = new BufferedStream(stream);
        var header = Take(buffered, HeaderBytes, name, "CFHEADER");
        if (!header.AsSpan().StartsWith("MSCF"u8))
        {
            throw new InputException(name, "CFHEADER", 0, "not a cabinet");
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(30));
        if ((flags & (HasPrevious | HasNext)) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28)) != 1)
        {
            throw new InputException(name, "CFHEADER", 28, "the cabinet does not hold one whole file");
        }

        var (folderReserve, dataReserve) = (0, 0);
        if ((flags & HasReserve) != 0)
        {
            var reserve = Take(buffered, 4, name, "CFHEADER");
            (folderReserve, dataReserve) = (reserve[2], reserve[3]);
            Take(buffered, BinaryPrimitives.ReadUInt16LittleEndian(reserve), name, "CFHEADER");
        }

        var folder = Take(buffered, 8 + folderReserve, name, "CFFOLDER");
        var file = Take(buffered, 16, name, "CFFILE");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(file);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(folder.AsSpan(6)) & 0xf;
        if (method > 1)
        {
            var packer = method == 3 ? "LZX" : "Quantum";
            throw new InputException(name, $"is packed with {packer}, which cannot be read: unpack it on Windows with expand.exe, or put the unpacked file beside it");
        }

        stream.Position = BinaryPrimitives.ReadUInt32LittleEndian(folder);
        using var data = new BufferedStream(stream);
        return UnpackBlocks(data, name, BinaryPrimitives.ReadUInt16LittleEndian(folder.AsSpan(4)), dataReserve, method == 1, size);
    }

    private static byte[] UnpackBlocks(Stream data, string name, int blocks, int reserve, bool isMszip, uint size)
    {
        if (size > (ulong)blocks * HistoryBytes)
        {
            throw new InputException(name, "CFFILE", 0, $"{size} bytes do not fit into {blocks} blocks");
        }

        var unpacked = new byte[size];
        var end = 0;
        for (var i = 0; i < blocks && end < unpacked.Length; i++)
        {
            var header = Take(data, 8 + reserve, name, "CFDATA");
            var packed = Take(data, BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4)), name, "CFDATA");
            var length = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6));
            if (length > HistoryBytes || length > unpacked.Length - end)
            {
                throw new InputException(name, "CFDATA", data.Position, $"block {i} unpacks to {length} bytes, which is too much");
            }

            var block = unpacked.AsSpan(end, length);
            var read = isMszip ? Inflate(packed, unpacked.AsSpan(Math.Max(0, end - HistoryBytes), Math.Min(end, HistoryBytes)), block) : Copy(packed, block);
            if (read != length)
            {
                throw new InputException(name, "CFDATA", data.Position, $"block {i} is damaged");
            }

            end += length;
        }

        return end == unpacked.Length ? unpacked : throw new InputException(name, "CFDATA", data.Position, "the cabinet ends early");
    }

    private static int Copy(byte[] packed, Span<byte> block)
    {
        packed.AsSpan(0, Math.Min(packed.Length, block.Length)).CopyTo(block);
        return Math.Min(packed.Length, block.Length);
    }

    /// <summary>
    /// Each MSZIP block is a deflate stream of its own that refers back into the block before. Put in front as a stored block, those bytes
    /// become part of the stream.
    /// </summary>
    private static int Inflate(byte[] packed, ReadOnlySpan<byte> history, Span<byte> block)
    {
        if (packed.Length < 2 || packed[0] != 'C' || packed[1] != 'K')
        {
            return -1;
        }

        using var stream = new MemoryStream();
        Span<byte> stored = stackalloc byte[5];
        stored.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(stored[1..], (ushort)history.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(stored[3..], (ushort)~history.Length);
        stream.Write(stored);
        stream.Write(history);
        stream.Write(packed.AsSpan(2));
        stream.Position = 0;
        try
        {
            using var inflater = new DeflateStream(stream, CompressionMode.Decompress);
            inflater.ReadExactly(new byte[history.Length]);
            return inflater.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
        }
        catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException)
        {
            return -1;
        }
    }

    private static byte[] Take(Stream stream, int count, string name, string structure)
    {
        var bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count
            ? bytes
            : throw new InputException(name, structure, stream.Position, "the cabinet ends early");
    }
}
