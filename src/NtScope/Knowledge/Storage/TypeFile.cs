using System.Buffers.Binary;
using NtScope.Images;

namespace NtScope.Knowledge.Storage;

/// <summary>
/// <c>types.bin</c>: the structures and enumerations of kernels. Sources that lay a structure out alike share its definition. Definitions
/// ascend by name, and so does each source's list of them; a structure inside a structure is named, its size is its source's.
/// </summary>
internal sealed class TypeFile
{
    /// <summary>Section: the pool of names of structures, fields, enumerations, constants and base types.</summary>
    public const int Names = 0;

    /// <summary>Section: where each reference starts in <see cref="References"/>, four bytes each.</summary>
    public const int ReferenceOffsets = 1;

    /// <summary>Section: packed references: kind; name and size of a base type, element of a pointer, element and count of an array, else the name.</summary>
    public const int References = 2;

    /// <summary>Section: where each structure starts in <see cref="Structures"/>, four bytes each.</summary>
    public const int StructureOffsets = 3;

    /// <summary>Section: packed structures: name, size, 1 for a union, count of fields; of each its name, offset, reference, bit length, bit position if that is not 0.</summary>
    public const int Structures = 4;

    /// <summary>Section: where each enumeration starts in <see cref="Enumerations"/>, four bytes each.</summary>
    public const int EnumerationOffsets = 5;

    /// <summary>Section: packed enumerations: name, size, count of constants; of each its name and its value in eight bytes.</summary>
    public const int Enumerations = 6;

    /// <summary>Section: a count, then a <see cref="SourceRecord"/> for each source, packed.</summary>
    public const int Sources = 7;

    /// <summary>Section: for each source its structures, then its enumerations, each packed as the distance from the one before.</summary>
    public const int SourceLists = 8;

    /// <summary>How many sections the file has.</summary>
    public const int SectionCount = 9;

    private readonly KnowledgeResource _resource;

    /// <summary>Reads from a file.</summary>
    public TypeFile(KnowledgeResource resource)
    {
        _resource = resource;
        var reader = new PackedReader(resource.Section(Sources));
        Records = new SourceRecord[reader.ReadCount()];
        for (var i = 0; i < Records.Length; i++)
        {
            Records[i] = new SourceRecord(
                new FileVersion(reader.ReadCount(), reader.ReadCount(), reader.ReadCount(), reader.ReadCount()),
                (ProcessorArchitecture)reader.ReadCount(),
                reader.ReadCount() != 0,
                reader.ReadCount(),
                reader.ReadCount(),
                reader.ReadCount());
        }
    }

    /// <summary>The types of one kernel.</summary>
    /// <param name="Version">Its file version.</param>
    /// <param name="Architecture">Its instruction set.</param>
    /// <param name="FromSymbols">Whether they come from its own symbol file; else they were published.</param>
    /// <param name="Structures">How many structures there are.</param>
    /// <param name="Enumerations">How many enumerations there are.</param>
    /// <param name="Offset">Where its lists start, in bytes.</param>
    public sealed record SourceRecord(FileVersion Version, ProcessorArchitecture Architecture, bool FromSymbols, int Structures, int Enumerations, int Offset);

    /// <summary>The kernels whose types are known.</summary>
    public SourceRecord[] Records { get; }

    /// <summary>The pool of names.</summary>
    public StringPool Pool => new(_resource.Section(Names));

    /// <summary>Unpacks the lists of a source: numbers of structures and of enumerations, ascending.</summary>
    public (int[] Structures, int[] Enumerations) ReadLists(SourceRecord record)
    {
        var reader = new PackedReader(_resource.Section(SourceLists), record.Offset);
        return (ReadList(ref reader, record.Structures), ReadList(ref reader, record.Enumerations));
    }

    /// <summary>A reader at a definition.</summary>
    /// <param name="offsets">The section of offsets.</param>
    /// <param name="definitions">The section of definitions.</param>
    /// <param name="number">The number of the definition.</param>
    public PackedReader ReaderAt(int offsets, int definitions, int number) =>
        new(_resource.Section(definitions), BinaryPrimitives.ReadInt32LittleEndian(_resource.Section(offsets)[(number * sizeof(uint))..]));

    private static int[] ReadList(ref PackedReader reader, int count)
    {
        var list = new int[count];
        var number = 0;
        for (var i = 0; i < count; i++)
        {
            list[i] = number += reader.ReadCount();
        }

        return list;
    }
}
