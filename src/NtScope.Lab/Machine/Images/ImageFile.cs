using System.Buffers.Binary;

namespace NtScope.Lab.Machine.Images;

/// <summary>
/// Makes the file of an image that the machine has mapped, undoing what the loader and the running system did: sections go where the file has them,
/// addresses are those of the preferred base, imports are names again, variables have no value yet.
/// </summary>
internal static class ImageFile
{
    /// <summary>Where the linker placed every x64 image.</summary>
    public const ulong PreferredBase = 0x1_4000_0000;

    /// <summary>Where the linker placed every x86 image.</summary>
    public const uint NarrowPreferredBase = 0x40_0000;

    private const int DirectoriesSize = 8 * 16;
    private const int ImportDirectory = 1;
    private const int RelocationDirectory = 5;
    private const int ImportEntrySize = 20;
    private const int SectionHeaderSize = 40;

    /// <summary>The bytes of the file.</summary>
    public static byte[] Build(MachineImage image)
    {
        var mapped = new byte[image.Image.Size];
        if (image.Space.Read(image.Image.Base, mapped, out _) != mapped.Length)
        {
            throw new InvalidOperationException($"{image.Image.Name} is not mapped in full");
        }

        var pointer = image.Space.PointerSize;
        var header = (int)Get32(mapped, 0x3C);
        var (optional, optionalSize) = (header + 0x18, BinaryPrimitives.ReadUInt16LittleEndian(mapped.AsSpan(header + 0x14)));
        var directories = optional + optionalSize - DirectoriesSize;
        UndoRelocations(mapped, DirectoryOf(mapped, directories, RelocationDirectory), image.Image.Base.Value, pointer);
        UndoImports(mapped, DirectoryOf(mapped, directories, ImportDirectory).Rva, pointer);
        PutPointer(mapped.AsSpan(pointer == sizeof(ulong) ? optional + 0x18 : optional + 0x1C), PreferredBaseOf(pointer), pointer);
        foreach (var part in image.FileParts)
        {
            part.Bytes.CopyTo(mapped.AsSpan((int)part.Rva));
        }

        return Lay(mapped, optional, optionalSize, BinaryPrimitives.ReadUInt16LittleEndian(mapped.AsSpan(header + 6)));
    }

    private static byte[] Lay(byte[] mapped, int optional, int optionalSize, int sections)
    {
        var file = new MemoryStream();
        file.Write(mapped, 0, (int)Get32(mapped, optional + 0x3C));
        for (var section = 0; section < sections; section++)
        {
            var entry = optional + optionalSize + section * SectionHeaderSize;
            var (size, rva, inFile) = ((int)Get32(mapped, entry + 0x10), (int)Get32(mapped, entry + 0x0C), Get32(mapped, entry + 0x14));
            file.Position = inFile;
            file.Write(mapped, rva, Math.Min(size, mapped.Length - rva));
        }

        return file.ToArray();
    }

    private static void UndoRelocations(byte[] mapped, (uint Rva, uint Size) directory, ulong start, int pointerSize)
    {
        for (var at = (int)directory.Rva; at < directory.Rva + directory.Size;)
        {
            var (page, size) = (Get32(mapped, at), (int)Get32(mapped, at + 4));
            for (var entry = at + 8; entry < at + size; entry += 2)
            {
                if (BinaryPrimitives.ReadUInt16LittleEndian(mapped.AsSpan(entry)) is not 0 and var place)
                {
                    var pointer = mapped.AsSpan((int)page + (place & 0xFFF));
                    PutPointer(pointer, unchecked(GetPointer(pointer, pointerSize) - start + PreferredBaseOf(pointerSize)), pointerSize);
                }
            }

            at += size;
        }
    }

    // The lookup table keeps what the address table held before the loader bound it.
    private static void UndoImports(byte[] mapped, uint directory, int pointerSize)
    {
        for (var at = (int)directory; directory != 0 && Get32(mapped, at + 12) != 0; at += ImportEntrySize)
        {
            var (lookup, slots) = ((int)Get32(mapped, at), (int)Get32(mapped, at + 16));
            for (var offset = 0; GetPointer(mapped.AsSpan(lookup + offset), pointerSize) is not 0 and var name; offset += pointerSize)
            {
                PutPointer(mapped.AsSpan(slots + offset), name, pointerSize);
            }
        }
    }

    private static (uint Rva, uint Size) DirectoryOf(byte[] mapped, int directories, int number) =>
        (Get32(mapped, directories + 8 * number), Get32(mapped, directories + 8 * number + 4));

    private static ulong PreferredBaseOf(int pointerSize) => pointerSize == sizeof(ulong) ? PreferredBase : NarrowPreferredBase;

    private static ulong GetPointer(ReadOnlySpan<byte> bytes, int size) =>
        size == sizeof(ulong) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static void PutPointer(Span<byte> bytes, ulong value, int size)
    {
        if (size == sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        }
    }

    private static uint Get32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
}
