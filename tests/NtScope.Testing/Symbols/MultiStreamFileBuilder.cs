using System.Buffers.Binary;

namespace NtScope.Testing.Symbols;

/// <summary>Writes an MSF 7.00 container.</summary>
public sealed class MultiStreamFileBuilder
{
    private readonly List<byte[]> _streams = [];

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; init; } = 4096;

    /// <summary>Whether the blocks of each stream are laid from the last to the first, so that no two of them are contiguous.</summary>
    public bool Scatter { get; init; }

    /// <summary>Appends a stream and returns its number.</summary>
    public ushort Add(byte[] stream)
    {
        _streams.Add(stream);
        return (ushort)(_streams.Count - 1);
    }

    /// <summary>Replaces a stream's bytes.</summary>
    public void Set(int index, byte[] stream) => _streams[index] = stream;

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        var next = 3u;
        uint[] Allocate(int bytes)
        {
            var blocks = new uint[(bytes + BlockSize - 1) / BlockSize];
            for (var i = 0; i < blocks.Length; i++)
            {
                while (next % BlockSize is 1 or 2)
                {
                    next++;
                }

                blocks[i] = next++;
            }

            return blocks;
        }

        var blocksOfStreams = _streams.Select(stream => Allocate(stream.Length)).ToArray();
        if (Scatter)
        {
            foreach (var blocks in blocksOfStreams)
            {
                Array.Reverse(blocks);
            }
        }

        var directory = new MemoryStream();
        var writer = new BinaryWriter(directory);
        writer.Write(_streams.Count);
        _streams.ForEach(stream => writer.Write(stream.Length));
        Array.ForEach(blocksOfStreams, blocks => Array.ForEach(blocks, writer.Write));
        var directoryBytes = directory.ToArray();
        var directoryBlocks = Allocate(directoryBytes.Length);
        var mapBytes = directoryBlocks.SelectMany(BitConverter.GetBytes).ToArray();
        var mapBlocks = Allocate(mapBytes.Length);
        var file = new byte[next * BlockSize];

        "Microsoft C/C++ MSF 7.00\r\n\u001aDS\0\0\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(32), BlockSize);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(36), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), next);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(44), directoryBytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(52), mapBlocks[0]);
        WriteFreeBlockMap(file, next);
        for (var i = 0; i < _streams.Count; i++)
        {
            Place(file, blocksOfStreams[i], _streams[i]);
        }

        Place(file, directoryBlocks, directoryBytes);
        Place(file, mapBlocks, mapBytes);
        return file;
    }

    private void WriteFreeBlockMap(byte[] file, uint blockCount)
    {
        for (var start = BlockSize; start < file.Length; start += BlockSize * BlockSize)
        {
            file.AsSpan(start, Math.Min(2 * BlockSize, file.Length - start)).Fill(0xff);
        }

        for (var block = 0; block < blockCount; block++)
        {
            var place = block / 8;
            var offset = ((place / BlockSize * BlockSize) + 1) * BlockSize + (place % BlockSize);
            file[offset] &= (byte)~(1 << (block % 8));
        }
    }

    private void Place(byte[] file, uint[] blocks, byte[] bytes)
    {
        for (var i = 0; i < blocks.Length; i++)
        {
            bytes.AsSpan(i * BlockSize, Math.Min(BlockSize, bytes.Length - (i * BlockSize))).CopyTo(file.AsSpan((int)(blocks[i] * BlockSize)));
        }
    }
}
