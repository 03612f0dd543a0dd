namespace NtScope.Lab.Registry;

/// <summary>The machine's registry: a tree of keys, empty but for the usual roots.</summary>
internal sealed class RegistryHive
{
    private int _nodes;
    private long _bytes;

    /// <summary>Makes the roots.</summary>
    public RegistryHive()
    {
        Create(@"\REGISTRY\MACHINE\SOFTWARE");
        Create(@"\REGISTRY\MACHINE\SYSTEM\CurrentControlSet\Services");
        Create(@"\REGISTRY\USER\.DEFAULT");
    }

    /// <summary>The root.</summary>
    public RegistryKey Root { get; } = new(@"\REGISTRY", null);

    /// <summary>A path as the kernel writes it: HKLM, HKCU, HKU and ControlSet001 are resolved.</summary>
    public static string Normalise(string path)
    {
        foreach (var (prefix, target) in (ReadOnlySpan<(string, string)>)
        [
            (@"HKLM\", @"\REGISTRY\MACHINE\"), (@"HKEY_LOCAL_MACHINE\", @"\REGISTRY\MACHINE\"), (@"HKU\", @"\REGISTRY\USER\"),
            (@"HKCU\", @"\REGISTRY\USER\.DEFAULT\"), (@"HKEY_CURRENT_USER\", @"\REGISTRY\USER\.DEFAULT\"),
        ])
        {
            if (path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                path = target + path[prefix.Length..];
            }
        }

        return path.TrimEnd('\\').Replace(@"\SYSTEM\ControlSet001", @"\SYSTEM\CurrentControlSet", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Finds a key below a key.</summary>
    public static RegistryKey? Find(RegistryKey start, string relative)
    {
        var key = start;
        foreach (var part in relative.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!key.Keys.TryGetValue(part, out key!))
            {
                return null;
            }
        }

        return key.IsDeleted ? null : key;
    }

    /// <summary>Finds a key by its full path.</summary>
    public RegistryKey? Find(string path) =>
        Normalise(path) is var full && IsRooted(full) ? Find(Root, full[Root.Name.Length..]) : null;

    /// <summary>Finds a key or makes it and those above it.</summary>
    public RegistryKey? Create(string path)
    {
        var full = Normalise(path);
        return IsRooted(full) ? Create(Root, full[Root.Name.Length..]) : null;
    }

    /// <summary>Finds a key below a key or makes it; null if the registry is full, the tree would be too deep, or a name is too long.</summary>
    public RegistryKey? Create(RegistryKey start, string relative)
    {
        var key = start;
        var parts = relative.Split('\\', StringSplitOptions.RemoveEmptyEntries);
        if (start.Depth + parts.Length > LabLimits.KeyDepth || parts.Any(part => part.Length > LabLimits.KeyName))
        {
            return null;
        }

        foreach (var part in parts)
        {
            if (!key.Keys.TryGetValue(part, out var next))
            {
                if (_nodes >= LabLimits.StoredNodes)
                {
                    return null;
                }

                _nodes++;
                next = new RegistryKey(part, key);
                key.Keys.Add(part, next);
            }

            key = next;
        }

        return key;
    }

    /// <summary>Sets a value.</summary>
    /// <returns>False if the registry is full.</returns>
    public bool Set(RegistryKey key, string name, RegistryData data)
    {
        var old = key.Values.GetValueOrDefault(name);
        var growth = data.Bytes.Length - (old?.Bytes.Length ?? 0);
        if (_bytes + growth > LabLimits.StoredBytes || (old is null && _nodes >= LabLimits.StoredNodes))
        {
            return false;
        }

        _bytes += growth;
        _nodes += old is null ? 1 : 0;
        key.Values[name] = data;
        return true;
    }

    /// <summary>Deletes a key that has none below it, with its values.</summary>
    public void Remove(RegistryKey key)
    {
        if (!key.IsDeleted && key.Parent?.Keys.Remove(key.Name) == true)
        {
            key.IsDeleted = true;
            _nodes -= 1 + key.Values.Count;
            _bytes -= key.Values.Values.Sum(value => (long)value.Bytes.Length);
        }
    }

    /// <summary>Deletes a value.</summary>
    /// <returns>False if there is none.</returns>
    public bool Remove(RegistryKey key, string name)
    {
        if (!key.Values.Remove(name, out var old))
        {
            return false;
        }

        _bytes -= old.Bytes.Length;
        _nodes--;
        return true;
    }

    /// <summary>Whether a full path begins at the root.</summary>
    public bool IsRooted(string path) =>
        path.StartsWith(Root.Name, StringComparison.OrdinalIgnoreCase) && (path.Length == Root.Name.Length || path[Root.Name.Length] == '\\');
}
