namespace NtScope.Syscalls;

/// <summary>The services of a target by index, with what is said of the whole.</summary>
internal sealed class ServiceRecords
{
    private readonly SortedDictionary<uint, ServiceRecord> _byIndex = [];

    /// <summary>Changed stubs whose number is lost.</summary>
    public List<ServiceRecord> WithoutIndex { get; } = [];

    /// <summary>Sentences for the report.</summary>
    public List<string> Notes { get; } = [];

    public int Count => _byIndex.Count;

    public IEnumerable<ServiceRecord> All => _byIndex.Values;

    public ServiceRecord At(ServiceIndex index)
    {
        if (!_byIndex.TryGetValue(index.Value, out var record))
        {
            _byIndex.Add(index.Value, record = new ServiceRecord(index));
        }

        return record;
    }

    public ServiceRecord? Find(ServiceIndex index) => _byIndex.GetValueOrDefault(index.Value);

    /// <summary>The services of one table, ascending.</summary>
    public List<ServiceRecord> Of(ServiceTableKind table) => [.. _byIndex.Values.Where(record => record.Index?.Table == table)];
}
