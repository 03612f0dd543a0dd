using NtScope.Kernel.Locating;

namespace NtScope.Syscalls.Verification;

/// <summary>
/// The loaders' lists of many processes. Each process writes its own list and its names, so that one allowance of entries and of characters holds for
/// all of them; most processes have the same names, which are kept once.
/// </summary>
internal sealed class ProcessModules
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private int _entriesLeft = Limits.ProcessModules;
    private int _charactersLeft = Limits.ProcessModuleCharacters;

    /// <summary>Whether further processes have no modules because the allowance is used up.</summary>
    public bool IsUsedUp => _entriesLeft <= 0;

    /// <summary>Reads the modules of a process, without their paths.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="head">Its loader's list (_PEB_LDR_DATA.InLoadOrderModuleList).</param>
    public IReadOnlyList<LoadedModule> Read(IMemory memory, VirtualAddress head)
    {
        if (IsUsedUp)
        {
            return [];
        }

        var modules = LoadedModuleList.Read(memory, head, Math.Min(Limits.LoadedModules, _entriesLeft)).Modules;
        _entriesLeft -= modules.Count;
        return [.. modules.Select(module => module with { Name = Keep(module.Name), Path = null })];
    }

    private string? Keep(string? name)
    {
        string? kept = null;
        if (name is null || _names.TryGetValue(name, out kept) || name.Length > _charactersLeft)
        {
            return kept;
        }

        _charactersLeft -= name.Length;
        _names.Add(name, name);
        return name;
    }
}
