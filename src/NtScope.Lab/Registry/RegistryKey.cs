namespace NtScope.Lab.Registry;

/// <summary>A key of the machine's registry.</summary>
internal sealed class RegistryKey(string name, RegistryKey? parent)
{
    /// <summary>The last part of the path.</summary>
    public string Name { get; set; } = name;

    /// <summary>The key above; null for the root.</summary>
    public RegistryKey? Parent { get; } = parent;

    /// <summary>How many keys lie above.</summary>
    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    /// <summary>The keys below, by name.</summary>
    public SortedDictionary<string, RegistryKey> Keys { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The values, by name; the default value's name is empty.</summary>
    public SortedDictionary<string, RegistryData> Values { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>When it was last changed, in units of 100 ns since 1601; 0 for what the machine began with.</summary>
    public long Written { get; set; }

    /// <summary>Whether it has been deleted.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>The full path: <c>\REGISTRY\MACHINE\SOFTWARE</c>.</summary>
    public string Path
    {
        get
        {
            var parts = new List<string>(Depth + 1);
            for (var key = this; key is not null; key = key.Parent)
            {
                parts.Add(key.Name);
            }

            parts.Reverse();
            return string.Join('\\', parts);
        }
    }
}
