using System.IO.Compression;

namespace NtScope.Testing.Symbols;

/// <summary>Packs one file into an MSZIP cabinet. A block that repeats the one before it is written as references back into it.</summary>
public static class CabinetBuilder
{
    /// <summary>Where the folder's compression method stands.</summary>
    public const int MethodOffset = 36 + 6;

    private const int BlockBytes = 32768;

    /// <summary>The cabinet.</summary>
    public static byte[] Pack(byte[] file)
    {
        var blocks = file.Chunk(BlockBytes).ToList();
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var name = "file.pdb\0"u8;
        var dataOffset = 36 + 8 + 16 + name.Length;
        writer.Write("MSCF"u8);
        writer.Write(0);
        writer.Write(0);
        writer.Write(0);
        writer.Write(36 + 8);
        writer.Write(0);
        writer.Write((byte)3);
        writer.Write((byte)1);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(0);
        writer.Write((short)0);
        writer.Write(dataOffset);
        writer.Write((short)blocks.Count);
        writer.Write((short)1);
        writer.Write(file.Length);
        writer.Write(0);
        writer.Write((short)0);
        writer.Write(0);
        writer.Write((short)0x20);
        writer.Write(name);
        for (var i = 0; i < blocks.Count; i++)
        {
            var packed = i > 0 && blocks[i].AsSpan().SequenceEqual(blocks[i - 1]) ? RepeatOfHistory(blocks[i].Length) : Deflate(blocks[i]);
            writer.Write(0);
            writer.Write((short)(packed.Length + 2));
            writer.Write((short)blocks[i].Length);
            writer.Write("CK"u8);
            writer.Write(packed);
        }

        return stream.ToArray();
    }

    private static byte[] Deflate(byte[] block)
    {
        using var packed = new MemoryStream();
        using (var deflater = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(block);
        }

        return packed.ToArray();
    }

    // Copies of 258 bytes from 32,768 bytes back, in fixed codes: a block that is the same as the one before it.
    private static byte[] RepeatOfHistory(int length)
    {
        var bits = new List<bool> { true, true, false };
        void Code(int value, int count)
        {
            for (var bit = count - 1; bit >= 0; bit--) bits.Add(((value >> bit) & 1) != 0);
        }

        void Extra(int value, int count)
        {
            for (var bit = 0; bit < count; bit++) bits.Add(((value >> bit) & 1) != 0);
        }

        for (var left = length; left > 0;)
        {
            if (left is >= 258 and not (259 or 260))
            {
                Code(0b11000101, 8);
                left -= 258;
            }
            else if (left >= 227)
            {
                Code(0b11000100, 8);
                Extra(0, 5);
                left -= 227;
            }
            else
            {
                Code(1, 7);
                left -= 3;
            }

            Code(29, 5);
            Extra(8191, 13);
        }

        Code(0, 7);
        var bytes = new byte[(bits.Count + 7) / 8];
        for (var i = 0; i < bits.Count; i++)
        {
            if (bits[i]) bytes[i / 8] |= (byte)(1 << (i % 8));
        }

        return bytes;
    }
}
