namespace NtScope;

/// <summary>Modules by address: a binary search that allocates nothing.</summary>
internal sealed class ModuleMap
{
    private readonly Module[] _modules;
    private readonly ulong[] _starts;
    private readonly bool _overlap;

    /// <summary>A map of the modules that are mapped.</summary>
    public ModuleMap(IReadOnlyList<Module> modules)
    {
        Source = modules;
        Count = modules.Count;
        _modules = [.. modules.Where(module => module.Base is not null).OrderBy(module => module.Base!.Value.Value)];
        _starts = [.. _modules.Select(module => module.Base!.Value.Value)];
        for (var i = 1; i < _modules.Length; i++)
        {
            _overlap |= _modules[i - 1].Contains(_modules[i].Base!.Value);
        }
    }

    /// <summary>The list that it was made from.</summary>
    public IReadOnlyList<Module> Source { get; }

    /// <summary>How many modules that list had.</summary>
    public int Count { get; }

    /// <summary>The module that covers <paramref name="address"/>, or null.</summary>
    public Module? At(VirtualAddress address)
    {
        var place = Array.BinarySearch(_starts, address.Value);
        place = place >= 0 ? place : ~place - 1;
        for (; place >= 0; place--)
        {
            if (_modules[place].Contains(address)) return _modules[place];
            if (!_overlap) return null;
        }

        return null;
    }
}
