using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NtScope.Images;

namespace NtScope.Knowledge.Storage;

/// <summary>
/// <c>services.bin</c>: the exact service tables of real kernels and the published tables of builds. Kernels whose services stand in the
/// same order share one list of names.
/// </summary>
internal sealed class ServiceFile
{
    /// <summary>Section: the pool of all names and labels.</summary>
    public const int Names = 0;

    /// <summary>Section: a count, then a <see cref="KernelRecord"/> for each kernel, packed.</summary>
    public const int Kernels = 1;

    /// <summary>Section: for each order its first name in <see cref="OrderNames"/> and its count of names, four bytes each.</summary>
    public const int Orders = 2;

    /// <summary>Section: numbers of names, two bytes each.</summary>
    public const int OrderNames = 3;

    /// <summary>Section: RVAs of routines, four bytes each.</summary>
    public const int Rvas = 4;

    /// <summary>Section: a count, then a <see cref="PublishedRecord"/> for each published table, packed.</summary>
    public const int Published = 5;

    /// <summary>Section: services of published tables, packed: the distance to the index before, the number of the name.</summary>
    public const int PublishedServices = 6;

    /// <summary>How many sections the file has.</summary>
    public const int SectionCount = 7;

    private readonly KnowledgeResource _resource;

    /// <summary>Reads from a file.</summary>
    public ServiceFile(KnowledgeResource resource) => _resource = resource;

    /// <summary>What is known of a kernel.</summary>
    /// <param name="Pdb">The identity of its symbols.</param>
    /// <param name="Version">Its file version.</param>
    /// <param name="Architecture">Its instruction set.</param>
    /// <param name="Order">The list of names of its services; -1 if its services are not known.</param>
    /// <param name="FirstRva">The first of its services in the section of RVAs.</param>
    /// <param name="TableRva">KiServiceTable.</param>
    /// <param name="LimitRva">KiServiceLimit.</param>
    /// <param name="ArgumentTableRva">KiArgumentTable.</param>
    public sealed record KernelRecord(
        PdbIdentity Pdb,
        FileVersion Version,
        ProcessorArchitecture Architecture,
        int Order,
        int FirstRva,
        uint TableRva,
        uint LimitRva,
        uint ArgumentTableRva);

    /// <summary>A published table.</summary>
    /// <param name="Architecture">Its instruction set.</param>
    /// <param name="Table">Which table.</param>
    /// <param name="Label">The build, with its service pack where it has one (<c>2600-sp3</c>).</param>
    /// <param name="Count">How many services it lists.</param>
    /// <param name="Offset">Where its services start in their section, in bytes.</param>
    public sealed record PublishedRecord(ProcessorArchitecture Architecture, ServiceTableKind Table, string Label, int Count, int Offset);

    /// <summary>All kernels, ascending by version.</summary>
    public KernelRecord[] ReadKernels()
    {
        var names = new StringPool(_resource.Section(Names));
        var reader = new PackedReader(_resource.Section(Kernels));
        var records = new KernelRecord[reader.ReadCount()];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = new KernelRecord(
                new PdbIdentity(names[reader.ReadCount()], reader.ReadGuid(), reader.ReadNumber()),
                new FileVersion(reader.ReadCount(), reader.ReadCount(), reader.ReadCount(), reader.ReadCount()),
                (ProcessorArchitecture)reader.ReadCount(),
                reader.ReadCount() - 1,
                reader.ReadCount(),
                reader.ReadNumber(),
                reader.ReadNumber(),
                reader.ReadNumber());
        }

        return records;
    }

    /// <summary>All published tables.</summary>
    public PublishedRecord[] ReadPublished()
    {
        var names = new StringPool(_resource.Section(Names));
        var reader = new PackedReader(_resource.Section(Published));
        var records = new PublishedRecord[reader.ReadCount()];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = new PublishedRecord(
                (ProcessorArchitecture)reader.ReadCount(),
                (ServiceTableKind)reader.ReadCount(),
                names[reader.ReadCount()],
                reader.ReadCount(),
                reader.ReadCount());
        }

        return records;
    }

    /// <summary>The services of a published table in ascending order.</summary>
    public PublishedService[] ReadPublishedServices(PublishedRecord record)
    {
        var names = new StringPool(_resource.Section(Names));
        var reader = new PackedReader(_resource.Section(PublishedServices), record.Offset);
        var services = new PublishedService[record.Count];
        var index = 0;
        for (var i = 0; i < services.Length; i++)
        {
            index += reader.ReadCount();
            services[i] = new PublishedService(index, names[reader.ReadCount()]);
        }

        return services;
    }

    /// <summary>The indices under which a published table lists a name; usually one or none.</summary>
    public IEnumerable<int> FindPublished(PublishedRecord record, string name)
    {
        if (!new StringPool(_resource.Section(Names)).TryFind(name, out var wanted))
        {
            return [];
        }

        List<int>? found = null;
        var reader = new PackedReader(_resource.Section(PublishedServices), record.Offset);
        var index = 0;
        for (var i = 0; i < record.Count; i++)
        {
            index += reader.ReadCount();
            if (reader.ReadCount() == wanted)
            {
                (found ??= []).Add(index);
            }
        }

        return found ?? [];
    }

    /// <summary>How many services a kernel has.</summary>
    public int ServiceCount(KernelRecord record) => OrderOf(record).Length;

    /// <summary>The name of a kernel's service.</summary>
    public string ServiceName(KernelRecord record, int index) => new StringPool(_resource.Section(Names))[OrderOf(record)[index]];

    /// <summary>The number of a kernel's service, or -1.</summary>
    public int FindService(KernelRecord record, string name) =>
        new StringPool(_resource.Section(Names)).TryFind(name, out var number) ? OrderOf(record).IndexOf(checked((ushort)number)) : -1;

    /// <summary>Where a kernel's routines are, four bytes each.</summary>
    public ReadOnlySpan<byte> ServiceRvas(KernelRecord record) =>
        _resource.Section(Rvas).Slice(record.FirstRva * sizeof(uint), ServiceCount(record) * sizeof(uint));

    private ReadOnlySpan<ushort> OrderOf(KernelRecord record)
    {
        var entry = _resource.Section(Orders)[(record.Order * 2 * sizeof(uint))..];
        var first = BinaryPrimitives.ReadInt32LittleEndian(entry);
        var count = BinaryPrimitives.ReadInt32LittleEndian(entry[sizeof(uint)..]);
        return MemoryMarshal.Cast<byte, ushort>(_resource.Section(OrderNames)).Slice(first, count);
    }
}
