using System.Buffers.Binary;

namespace NtScope.Fuzz;

/// <summary>Changes an input in a few places, as damage, truncation and lies would.</summary>
internal sealed class Mutator(Random random)
{
    private static readonly uint[] Numbers = [0, 1, 2, 4, 0x7F, 0x80, 0xFF, 0x100, 0xFFF, 0x1000, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF];

    /// <summary>A changed copy of one of the seeds.</summary>
    public byte[] Mutate(IReadOnlyList<byte[]> seeds)
    {
        var input = (byte[])seeds[random.Next(seeds.Count)].Clone();
        for (var i = random.Next(1, 9); i > 0 && input.Length > 0; i--)
        {
            input = Change(input, seeds);
        }

        return input;
    }

    private byte[] Change(byte[] input, IReadOnlyList<byte[]> seeds)
    {
        // Headers are where formats lie most: half of all changes go to the first page.
        var at = random.Next(random.Next(2) == 0 ? Math.Min(input.Length, 0x1000) : input.Length);
        switch (random.Next(10))
        {
            case 0:
                input[at] ^= (byte)(1 << random.Next(8));
                return input;
            case 1:
                input[at] = (byte)random.Next(256);
                return input;
            case 2 or 3:
                return PutNumber(input, at & ~3, Numbers[random.Next(Numbers.Length)]);
            case 4:
                return PutNumber(input, at & ~3, (uint)random.Next(input.Length * 2));
            case 5:
                return AddToNumber(input, at & ~3, random.Next(-16, 17));
            case 6:
                return input[..random.Next(input.Length)];
            case 7:
                return Copy(input, at, input);
            case 8:
                return Copy(input, at, seeds[random.Next(seeds.Count)]);
            default:
                input.AsSpan(at, random.Next(Math.Min(64, input.Length - at) + 1)).Fill((byte)(random.Next(2) * 0xFF));
                return input;
        }
    }

    private static byte[] PutNumber(byte[] input, int at, uint number)
    {
        if (at + sizeof(uint) <= input.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(at), number);
        }

        return input;
    }

    private static byte[] AddToNumber(byte[] input, int at, int difference)
    {
        if (at + sizeof(uint) <= input.Length)
        {
            var number = BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(at));
            BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(at), unchecked(number + (uint)difference));
        }

        return input;
    }

    private byte[] Copy(byte[] input, int to, byte[] source)
    {
        var from = random.Next(source.Length);
        var length = Math.Min(random.Next(1, 256), Math.Min(source.Length - from, input.Length - to));
        source.AsSpan(from, length).ToArray().CopyTo(input, to);
        return input;
    }
}
