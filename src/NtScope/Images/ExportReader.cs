using System.Buffers.Binary;

namespace NtScope.Images;

/// <summary>Reads <c>IMAGE_EXPORT_DIRECTORY</c>.</summary>
internal static class ExportReader
{
    private const string Structure = "export directory";

    public static ExportDirectory Read(PeImage image)
    {
        var functions = new List<ExportedFunction>();
        string? moduleName = null;
        var entry = image.Directory(ImageDirectory.Export);
        if (!entry.IsEmpty)
        {
            try
            {
                Read(image, entry, functions, ref moduleName);
            }
            catch (InputException problem)
            {
                image.Report(problem);
            }
        }

        return new ExportDirectory(moduleName, functions);
    }

    private static void Read(PeImage image, DirectoryEntry entry, List<ExportedFunction> functions, ref string? moduleName)
    {
        var reader = new DirectoryReader(image, Structure);
        var ordinalBase = reader.UInt32(entry.Rva + 16);
        var functionCount = Count(reader, entry.Rva + 20);
        var nameCount = Count(reader, entry.Rva + 24);
        var addresses = reader.Bytes(reader.UInt32(entry.Rva + 28), functionCount * sizeof(uint), Limits.ImageExports * sizeof(uint)).AsSpan();
        var names = reader.Bytes(reader.UInt32(entry.Rva + 32), nameCount * sizeof(uint), Limits.ImageExports * sizeof(uint)).AsSpan();
        var ordinals = reader.Bytes(reader.UInt32(entry.Rva + 36), nameCount * sizeof(ushort), Limits.ImageExports * sizeof(ushort)).AsSpan();
        moduleName = reader.TryText(reader.UInt32(entry.Rva + 12), out _);

        functions.EnsureCapacity((int)Math.Max(functionCount, nameCount));
        var named = new bool[functionCount];
        InputException? firstProblem = null;
        for (var i = 0; i < (int)nameCount; i++)
        {
            var index = BinaryPrimitives.ReadUInt16LittleEndian(ordinals[(i * sizeof(ushort))..]);
            var nameRva = BinaryPrimitives.ReadUInt32LittleEndian(names[(i * sizeof(uint))..]);
            if (index >= functionCount)
            {
                firstProblem ??= reader.Problem(nameRva, $"name {i} belongs to function {index} of {functionCount}");
            }
            else if (reader.TryText(nameRva, out var problem) is { } name)
            {
                named[index] = true;
                functions.Add(Function(reader, entry, addresses, index, ordinalBase, name));
            }
            else
            {
                firstProblem ??= reader.Problem(nameRva, problem);
            }
        }

        if (firstProblem is not null)
        {
            image.Report(firstProblem);
        }

        for (var index = 0; index < (int)functionCount; index++)
        {
            if (!named[index] && BinaryPrimitives.ReadUInt32LittleEndian(addresses[(index * sizeof(uint))..]) != 0)
            {
                functions.Add(Function(reader, entry, addresses, index, ordinalBase, name: null));
            }
        }
    }

    private static uint Count(DirectoryReader reader, uint rva)
    {
        var count = reader.UInt32(rva);
        return count <= Limits.ImageExports ? count : throw reader.Problem(rva, $"counts {count}; at most {Limits.ImageExports} are read");
    }

    private static ExportedFunction Function(
        DirectoryReader reader, DirectoryEntry entry, ReadOnlySpan<byte> addresses, int index, uint ordinalBase, string? name)
    {
        var rva = BinaryPrimitives.ReadUInt32LittleEndian(addresses[(index * sizeof(uint))..]);
        var forwarder = rva >= entry.Rva && rva - entry.Rva < entry.Size ? reader.TryText(rva, out _) : null;
        return new ExportedFunction(name, unchecked(ordinalBase + (uint)index), rva, forwarder);
    }
}
