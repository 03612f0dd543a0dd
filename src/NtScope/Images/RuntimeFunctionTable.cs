using System.Buffers.Binary;

namespace NtScope.Images;

/// <summary>The functions of <c>.pdata</c>, ascending. Leaf functions without a stack frame do not stand there.</summary>
public sealed class RuntimeFunctionTable
{
    private const int EntrySizeX64 = 12;
    private const int EntrySizeArm64 = 8;

    private readonly PeImage _image;
    private readonly uint[] _begins;
    private readonly uint[] _ends;
    private readonly uint[] _unwind;

    private RuntimeFunctionTable(PeImage image, uint[] begins, uint[] ends, uint[] unwind)
    {
        _image = image;
        _begins = begins;
        _ends = ends;
        _unwind = unwind;
    }

    /// <summary>How many entries there are.</summary>
    public int Count => _begins.Length;

    /// <summary>Where the functions begin, ascending.</summary>
    public ReadOnlySpan<uint> Begins => _begins;

    /// <summary>Whether an entry begins exactly at <paramref name="rva"/>.</summary>
    public bool BeginsAt(uint rva) => Array.BinarySearch(_begins, rva) >= 0;

    /// <summary>The entry that covers <paramref name="rva"/>, or null.</summary>
    public RuntimeFunction? Find(uint rva)
    {
        var index = Array.BinarySearch(_begins, rva);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0)
        {
            return null;
        }

        var end = _ends.Length > 0 ? _ends[index] : EndArm64(index);
        return rva < end ? new RuntimeFunction(_begins[index], end, _unwind[index]) : null;
    }

    internal static RuntimeFunctionTable Read(PeImage image)
    {
        var entry = image.Directory(ImageDirectory.Exception);
        if (!entry.IsEmpty && image.Architecture is (ProcessorArchitecture.X64 or ProcessorArchitecture.Arm64))
        {
            var reader = new DirectoryReader(image, "exception directory");
            try
            {
                var size = image.Architecture == ProcessorArchitecture.X64 ? EntrySizeX64 : EntrySizeArm64;
                return Parse(image, reader.Bytes(entry.Rva, entry.Size, (uint)(Limits.RuntimeFunctions * size)), size);
            }
            catch (InputException problem)
            {
                image.Report(problem);
            }
        }

        return new RuntimeFunctionTable(image, [], [], []);
    }

    private static RuntimeFunctionTable Parse(PeImage image, ReadOnlySpan<byte> bytes, int size)
    {
        var count = bytes.Length / size;
        var begins = new uint[count];
        var ends = size == EntrySizeX64 ? new uint[count] : [];
        var unwind = new uint[count];
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.Slice(i * size, size);
            var begin = BinaryPrimitives.ReadUInt32LittleEndian(entry);

            // The loader's own order is ascending; an entry out of order, and the zeros at the end, cannot be searched for.
            if (begin == 0 || (kept > 0 && begin <= begins[kept - 1]))
            {
                continue;
            }

            begins[kept] = begin;
            unwind[kept] = BinaryPrimitives.ReadUInt32LittleEndian(entry[(size - sizeof(uint))..]);
            if (ends.Length > 0)
            {
                ends[kept] = BinaryPrimitives.ReadUInt32LittleEndian(entry[sizeof(uint)..]);
            }

            kept++;
        }

        return new RuntimeFunctionTable(image, begins[..kept], ends.Length > 0 ? ends[..kept] : ends, unwind[..kept]);
    }

    /// <summary>ARM64 keeps the length, in instructions, in the packed word or in the first word of the unwind information.</summary>
    private uint EndArm64(int index)
    {
        var word = _unwind[index];
        if ((word & 3) != 0)
        {
            return _begins[index] + (((word >> 2) & 0x7FF) * sizeof(uint));
        }

        return _image.TryReadUInt32(word, out var header) ? _begins[index] + ((header & 0x3FFFF) * sizeof(uint)) : _begins[index] + sizeof(uint);
    }
}
