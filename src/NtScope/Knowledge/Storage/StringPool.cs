using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace NtScope.Knowledge.Storage;

/// <summary>
/// Distinct texts in ascending order of their UTF-8 bytes; a text's number is its place in that order. They stand in blocks of
/// <see cref="BlockSize"/>: the first whole, each further one as the length it shares with the one before and its own rest. The pool is
/// searched as it stands. Layout: count, offset of each block from the first, blocks.
/// </summary>
internal readonly ref struct StringPool
{
    /// <summary>Texts in a block.</summary>
    public const int BlockSize = 16;

    private readonly ReadOnlySpan<byte> _offsets;
    private readonly ReadOnlySpan<byte> _blocks;

    /// <summary>A pool over a section.</summary>
    public StringPool(ReadOnlySpan<byte> section)
    {
        Count = BinaryPrimitives.ReadInt32LittleEndian(section);
        var offsetBytes = (Count + BlockSize - 1) / BlockSize * sizeof(uint);
        _offsets = section.Slice(sizeof(uint), offsetBytes);
        _blocks = section[(sizeof(uint) + offsetBytes)..];
    }

    /// <summary>How many texts there are.</summary>
    public int Count { get; }

    /// <summary>The text with a number.</summary>
    public string this[int number]
    {
        [SkipLocalsInit]
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
            Span<byte> text = stackalloc byte[Limits.NameBytes];
            var reader = new PackedReader(_blocks, OffsetOf(number / BlockSize));
            var length = ReadFirst(ref reader, text);
            for (var left = number % BlockSize; left > 0; left--)
            {
                length = ReadNext(ref reader, text);
            }

            return Encoding.UTF8.GetString(text[..length]);
        }
    }

    /// <summary>Finds the number of a text.</summary>
    [SkipLocalsInit]
    public bool TryFind(ReadOnlySpan<char> wanted, out int number)
    {
        number = -1;
        if (Count == 0 || wanted.Length > Limits.NameBytes || Encoding.UTF8.GetByteCount(wanted) > Limits.NameBytes)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Limits.NameBytes];
        ReadOnlySpan<byte> key = bytes[..Encoding.UTF8.GetBytes(wanted, bytes)];
        var low = 0;
        var high = (Count - 1) / BlockSize;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            var head = new PackedReader(_blocks, OffsetOf(middle));
            if (head.ReadBytes(head.ReadCount()).SequenceCompareTo(key) <= 0)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return TryFindInBlock(low, key, out number);
    }

    [SkipLocalsInit]
    private bool TryFindInBlock(int block, ReadOnlySpan<byte> key, out int number)
    {
        Span<byte> text = stackalloc byte[Limits.NameBytes];
        var reader = new PackedReader(_blocks, OffsetOf(block));
        var length = ReadFirst(ref reader, text);
        var end = Math.Min(Count, (block + 1) * BlockSize);
        for (number = block * BlockSize; ; length = ReadNext(ref reader, text))
        {
            if (text[..length].SequenceEqual(key))
            {
                return true;
            }

            if (++number == end)
            {
                number = -1;
                return false;
            }
        }
    }

    private static int ReadFirst(ref PackedReader reader, scoped Span<byte> text)
    {
        var whole = reader.ReadBytes(reader.ReadCount());
        whole.CopyTo(text);
        return whole.Length;
    }

    private static int ReadNext(ref PackedReader reader, scoped Span<byte> text)
    {
        var shared = reader.ReadCount();
        var rest = reader.ReadBytes(reader.ReadCount());
        rest.CopyTo(text[shared..]);
        return shared + rest.Length;
    }

    private int OffsetOf(int block) => BinaryPrimitives.ReadInt32LittleEndian(_offsets[(block * sizeof(uint))..]);
}
