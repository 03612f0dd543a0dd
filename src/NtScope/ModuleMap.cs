namespace NtScope;

/// <summary>Modules by address: a binary search that allocates nothing.</summary>
internal sealed class ModuleMap
{
    private readonly IReadOnlyList<Module> _source;
    private readonly int _count;
    private readonly Module[] _modules;
    private readonly ulong[] _starts;
    private readonly bool _overlap;

    private ModuleMap(IReadOnlyList<Module> modules)
    {
        _source = modules;
        _count = modules.Count;
        _modules = [.. modules.Where(module => module.Base is not null).OrderBy(module => module.Base!.Value.Value)];
        _starts = [.. _modules.Select(module => module.Base!.Value.Value)];
        for (var i = 1; i < _modules.Length; i++)
        {
            _overlap |= _modules[i - 1].Contains(_modules[i].Base!.Value);
        }
    }

    /// <summary>A map of the modules that are mapped: the one that is known as long as it fits. A machine that runs may load modules.</summary>
    public static ModuleMap Of(IReadOnlyList<Module> modules, ModuleMap? known) =>
        known is not null && ReferenceEquals(known._source, modules) && known._count == modules.Count ? known : new ModuleMap(modules);

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
