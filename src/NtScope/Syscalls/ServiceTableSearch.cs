namespace NtScope.Syscalls;

/// <summary>What a search for service tables found, and what it did not.</summary>
public sealed class ServiceTableSearch
{
    private readonly List<ServiceTable> _tables = [];
    private readonly List<string> _problems = [];

    /// <summary>The tables, the main one first, then its filter.</summary>
    public IReadOnlyList<ServiceTable> Tables => _tables;

    /// <summary>Why a table was not found, or which evidence disagrees; sentences without a full stop.</summary>
    public IReadOnlyList<string> Problems => _problems;

    internal KernelStubs? KernelStubs { get; set; }

    internal void Add(ServiceTable? table)
    {
        if (table is not null)
        {
            _tables.Add(table);
        }
    }

    internal void AddProblem(string problem) => _problems.Add(problem);
}
