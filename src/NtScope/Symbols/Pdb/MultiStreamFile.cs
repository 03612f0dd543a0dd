using System.Buffers.Binary;

namespace NtScope.Symbols.Pdb;

/// <summary>
/// The container of a PDB (MSF 7.00): numbered streams, each scattered over blocks of the file. Only the blocks of a stream that is asked
/// for are read, contiguous ones in one go. The free block map does not matter to a reader.
/// </summary>
internal sealed class MultiStreamFile : IDisposable
{
    private const int SuperBlockBytes = 56;
    private const uint NilStream = 0xffffffff;
    private readonly Stream _file;
    private readonly Lock _fileLock = new();
    private readonly int _blockSize;
    private readonly uint[] _directory;
    private readonly (int FirstBlock, int Length)[] _streams;

    /// <summary>Reads the superblock and the directory.</summary>
    /// <exception cref="InputException">The file is not an MSF 7.00 container, or its directory lies.</exception>
    public MultiStreamFile(Stream file, string name)
    {
        _file = file;
        Name = name;
        Span<byte> superBlock = stackalloc byte[SuperBlockBytes];
        file.Position = 0;
        if (file.ReadAtLeast(superBlock, SuperBlockBytes, throwOnEndOfStream: false) < SuperBlockBytes || !superBlock.StartsWith(Magic))
        {
            var reason = superBlock.StartsWith("Microsoft C/C++ program database 2.00"u8)
                ? "this PDB is of format 2.00, which linkers before 2003 wrote: only 7.00 is read"
                : "not a PDB of format 7.00";
            throw new InputException(name, "MSF superblock", 0, reason);
        }

        _blockSize = Field(superBlock, 32);
        var blockCount = Field(superBlock, 40);
        var directoryBytes = Field(superBlock, 44);
        var blockMap = Field(superBlock, 52);
        if (_blockSize is not (512 or 1024 or 2048 or 4096 or 8192 or 16384 or 32768))
        {
            throw new InputException(name, "MSF superblock", 32, $"block size {_blockSize} is not a power of two from 512 to 32768");
        }

        if ((long)blockCount * _blockSize > file.Length)
        {
            throw new InputException(name, "MSF superblock", 40, $"{blockCount} blocks of {_blockSize} bytes, but the file has {file.Length} bytes: it is truncated");
        }

        if (directoryBytes < sizeof(uint) || directoryBytes > file.Length || directoryBytes > Limits.PdbDirectoryBytes)
        {
            throw new InputException(name, "MSF superblock", 44, $"a stream directory of {directoryBytes} bytes cannot be");
        }

        var mapBytes = new byte[BlocksOf(directoryBytes) * sizeof(uint)];
        var mapOffset = (long)blockMap * _blockSize;
        if (blockMap < 0 || mapOffset + mapBytes.Length > file.Length)
        {
            throw new InputException(name, "MSF superblock", 52, "the map of the stream directory lies outside the file");
        }

        ReadAt(mapOffset, mapBytes);
        _directory = ToUInt32(ReadBlocks(ToUInt32(mapBytes), directoryBytes, "stream directory"));
        _streams = IndexStreams(mapOffset);
    }

    /// <summary>The file, as messages name it.</summary>
    public string Name { get; }

    /// <summary>How many streams there are; some may be empty.</summary>
    public int StreamCount => _streams.Length;

    private static ReadOnlySpan<byte> Magic => "Microsoft C/C++ MSF 7.00\r\n\u001aDS\0\0\0"u8;

    /// <summary>Whether the container has a stream of this number with at least one byte.</summary>
    public bool HasStream(int index) => (uint)index < (uint)_streams.Length && _streams[index].Length > 0;

    /// <summary>The bytes of a stream; none if there is no such stream.</summary>
    /// <exception cref="InputException">A block of the stream lies outside the file.</exception>
    public byte[] ReadStream(int index)
    {
        if (!HasStream(index))
        {
            return [];
        }

        var (firstBlock, length) = _streams[index];
        return ReadBlocks(_directory.AsSpan(firstBlock, BlocksOf(length)), length, $"stream {index}");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static int Field(ReadOnlySpan<byte> superBlock, int offset) => BinaryPrimitives.ReadInt32LittleEndian(superBlock[offset..]);

    private static uint[] ToUInt32(ReadOnlySpan<byte> bytes)
    {
        var values = new uint[bytes.Length / sizeof(uint)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
        }

        return values;
    }

    private int BlocksOf(int bytes) => (int)(((long)bytes + _blockSize - 1) / _blockSize);

    private (int FirstBlock, int Length)[] IndexStreams(long mapOffset)
    {
        var count = _directory[0];
        if (count > Limits.PdbStreams || count > _directory.Length - 1)
        {
            throw new InputException(Name, "MSF stream directory", mapOffset, $"{count} streams cannot be");
        }

        var streams = new (int, int)[count];
        var next = 1 + (int)count;
        for (var i = 0; i < streams.Length; i++)
        {
            var length = _directory[1 + i] == NilStream ? 0 : _directory[1 + i];
            if (length > _file.Length || BlocksOf((int)length) > _directory.Length - next)
            {
                throw new InputException(Name, "MSF stream directory", mapOffset, $"stream {i} of {length} bytes is larger than the file or its list of blocks");
            }

            streams[i] = (next, (int)length);
            next += BlocksOf((int)length);
        }

        return streams;
    }

    private byte[] ReadBlocks(ReadOnlySpan<uint> blocks, int length, string structure)
    {
        var bytes = new byte[length];
        for (var i = 0; i < blocks.Length;)
        {
            var run = 1;
            while (i + run < blocks.Length && blocks[i + run] == blocks[i] + (uint)run)
            {
                run++;
            }

            var offset = blocks[i] * (long)_blockSize;
            var part = bytes.AsSpan(i * _blockSize, (int)Math.Min((long)run * _blockSize, length - ((long)i * _blockSize)));
            if (offset + part.Length > _file.Length)
            {
                throw new InputException(Name, $"MSF {structure}", offset, "the block lies outside the file");
            }

            ReadAt(offset, part);
            i += run;
        }

        return bytes;
    }

    private void ReadAt(long offset, Span<byte> destination)
    {
        lock (_fileLock)
        {
            _file.Position = offset;
            _file.ReadExactly(destination);
        }
    }
}
