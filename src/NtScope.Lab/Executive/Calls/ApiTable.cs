namespace NtScope.Lab.Executive.Calls;

/// <summary>The routines that the executive has, by exported name. Each family adds its own.</summary>
internal sealed class ApiTable
{
    private readonly Dictionary<string, ApiEntry> _entries = new(512, StringComparer.Ordinal);

    /// <summary>All routines.</summary>
    public IReadOnlyCollection<ApiEntry> Entries => _entries.Values;

    /// <summary>Adds a routine that returns an integer or a pointer.</summary>
    public void Add(string name, Irql maximum, ValueHandler handler) => _entries.Add(name, new ApiEntry(name, maximum, handler));

    /// <summary>Adds a routine that returns an NTSTATUS.</summary>
    public void Status(string name, Irql maximum, StatusHandler handler) => Add(name, maximum, (in ApiCall call) => (uint)handler(call));

    /// <summary>Adds a routine that returns nothing.</summary>
    public void Void(string name, Irql maximum, VoidHandler handler) => Add(name, maximum, (in ApiCall call) =>
    {
        handler(call);
        return 0;
    });

    /// <summary>Adds other names of a routine.</summary>
    public void Alias(string name, params ReadOnlySpan<string> others)
    {
        foreach (var other in others)
        {
            _entries.Add(other, _entries[name] with { Name = other });
        }
    }

    /// <summary>Says from which level on routines may be called.</summary>
    public void From(string name, Irql minimum) => _entries[name] = _entries[name] with { MinimumIrql = minimum };

    /// <summary>The routine of this name, or null.</summary>
    public ApiEntry? Find(string name) => _entries.GetValueOrDefault(name);
}
