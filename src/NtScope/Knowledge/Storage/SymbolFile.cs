using System.Runtime.InteropServices;

namespace NtScope.Knowledge.Storage;

/// <summary><c>symbols.bin</c>: all symbols of some kernels. The kernels share one pool of names.</summary>
internal sealed class SymbolFile
{
    /// <summary>Section: the pool of names.</summary>
    public const int Names = 0;

    /// <summary>Section: a count, then a <see cref="KernelRecord"/> for each kernel, packed.</summary>
    public const int Kernels = 1;

    /// <summary>Section: for each kernel the RVAs of its symbols, ascending, each packed as the distance from the one before.</summary>
    public const int Rvas = 2;

    /// <summary>Section: for each kernel the numbers of the names in the order of the RVAs, two bytes each.</summary>
    public const int NameNumbers = 3;

    /// <summary>How many sections the file has.</summary>
    public const int SectionCount = 4;

    private readonly KnowledgeResource _resource;

    /// <summary>Reads from a file.</summary>
    public SymbolFile(KnowledgeResource resource)
    {
        _resource = resource;
        var reader = new PackedReader(resource.Section(Kernels));
        Records = new KernelRecord[reader.ReadCount()];
        for (var i = 0; i < Records.Length; i++)
        {
            Records[i] = new KernelRecord(reader.ReadGuid(), reader.ReadNumber(), reader.ReadCount(), reader.ReadCount(), reader.ReadCount());
        }
    }

    /// <summary>The symbols of a kernel.</summary>
    /// <param name="Guid">The GUID of its PDB.</param>
    /// <param name="Age">The age of its PDB.</param>
    /// <param name="Count">How many symbols it has.</param>
    /// <param name="RvaOffset">Where its RVAs start, in bytes.</param>
    /// <param name="FirstName">The first of its numbers of names.</param>
    public sealed record KernelRecord(Guid Guid, uint Age, int Count, int RvaOffset, int FirstName);

    /// <summary>The kernels whose symbols are known.</summary>
    public KernelRecord[] Records { get; }

    /// <summary>The pool of names.</summary>
    public StringPool Pool => new(_resource.Section(Names));

    /// <summary>Unpacks the RVAs of a kernel, ascending.</summary>
    public uint[] ReadRvas(KernelRecord record)
    {
        var reader = new PackedReader(_resource.Section(Rvas), record.RvaOffset);
        var rvas = new uint[record.Count];
        uint rva = 0;
        for (var i = 0; i < rvas.Length; i++)
        {
            rvas[i] = rva += reader.ReadNumber();
        }

        return rvas;
    }

    /// <summary>The numbers of a kernel's names in the order of its RVAs.</summary>
    public ReadOnlySpan<ushort> NumbersOf(KernelRecord record) =>
        MemoryMarshal.Cast<byte, ushort>(_resource.Section(NameNumbers)).Slice(record.FirstName, record.Count);
}
