using NtScope.Knowledge.Storage;

namespace NtScope.Knowledge;

/// <summary>A service table as published of one build. Another revision of the same build may number its services differently.</summary>
public sealed class PublishedTable
{
    private readonly ServiceFile _file;
    private readonly ServiceFile.PublishedRecord _record;
    private IReadOnlyList<PublishedService>? _services;

    internal PublishedTable(ServiceFile file, ServiceFile.PublishedRecord record)
    {
        _file = file;
        _record = record;
        Build = int.Parse(record.Label.AsSpan(0, record.Label.IndexOf('-') is >= 0 and var dash ? dash : record.Label.Length));
    }

    /// <summary>The instruction set.</summary>
    public ProcessorArchitecture Architecture => _record.Architecture;

    /// <summary>Which table.</summary>
    public ServiceTableKind Table => _record.Table;

    /// <summary>The build as published, with its service pack or edition where it has one: <c>19041</c>, <c>2600-sp3</c>, <c>1381-sp3-tse</c>.</summary>
    public string Label => _record.Label;

    /// <summary>The build number.</summary>
    public int Build { get; }

    /// <summary>The services, ascending by index. Where a publication gives two names for one index, both are here.</summary>
    public IReadOnlyList<PublishedService> Services => _services ??= _file.ReadPublishedServices(_record);

    /// <summary>The indices under which the table lists a name; usually one or none.</summary>
    public IEnumerable<int> IndicesOf(string name) => _file.FindPublished(_record, name);
}
