namespace NtScope.Images;

/// <summary>What an image exports.</summary>
public sealed class ExportDirectory
{
    private readonly Lazy<Dictionary<string, int>> _byName;

    internal ExportDirectory(string? moduleName, IReadOnlyList<ExportedFunction> functions)
    {
        ModuleName = moduleName;
        Functions = functions;
        _byName = new(IndexByName);
    }

    /// <summary>The name that the image gave itself when it was linked (<c>ntkrnlmp.exe</c>); null without an export directory.</summary>
    public string? ModuleName { get; }

    /// <summary>The named exports in the order of their names, then those by ordinal only.</summary>
    public IReadOnlyList<ExportedFunction> Functions { get; }

    /// <summary>Where the export <paramref name="name"/> is. Names are case-sensitive; forwarders are not found, for they lie elsewhere.</summary>
    public bool TryGetRva(string name, out uint rva)
    {
        var found = _byName.Value.TryGetValue(name, out var index) && Functions[index].Forwarder is null;
        rva = found ? Functions[index].Rva : 0;
        return found;
    }

    private Dictionary<string, int> IndexByName()
    {
        var index = new Dictionary<string, int>(Functions.Count, StringComparer.Ordinal);
        for (var i = 0; i < Functions.Count; i++)
        {
            if (Functions[i].Name is { } name)
            {
                index.TryAdd(name, i);
            }
        }

        return index;
    }
}
