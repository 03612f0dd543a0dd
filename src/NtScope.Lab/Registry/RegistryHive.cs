namespace NtScope.Lab.Registry;

/// <summary>The machine's registry: a tree of keys, empty but for the usual roots.</summary>
internal sealed class RegistryHive
{
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

    /// <summary>Finds a key below a key or makes it.</summary>
    public static RegistryKey Create(RegistryKey start, string relative)
    {
        var key = start;
        foreach (var part in relative.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!key.Keys.TryGetValue(part, out var next))
            {
                next = new RegistryKey(part, key);
                key.Keys.Add(part, next);
            }

            key = next;
        }

        return key;
    }

    private bool IsRooted(string path) =>
        path.StartsWith(Root.Name, StringComparison.OrdinalIgnoreCase) && (path.Length == Root.Name.Length || path[Root.Name.Length] == '\\');
}
