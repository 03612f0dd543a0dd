namespace NtScope.Kernel.Locating;

/// <summary>
/// The kernel's list of loaded modules. The fields that are read have not moved since XP (x86) and Server 2003 (x64), so no layout is needed to
/// find the kernel and its modules.
/// </summary>
/// <param name="Modules">The modules in list order; of a broken list those that either end leads to.</param>
/// <param name="Problem">Why some may be missing, as a sentence; null if the list led from its head to its head and each entry could be read.</param>
public sealed record LoadedModuleList(IReadOnlyList<LoadedModule> Modules, string? Problem)
{
    /// <summary>Walks the list.</summary>
    /// <param name="memory">The system's address space.</param>
    /// <param name="head">Address of <c>nt!PsLoadedModuleList</c>.</param>
    /// <param name="limit">How many entries at most.</param>
    public static LoadedModuleList Read(IMemory memory, VirtualAddress head, int limit = Limits.LoadedModules)
    {
        var pointer = (uint)memory.PointerSize;
        var walk = ListWalk.Read(memory, head, limit);
        var modules = new List<LoadedModule>();
        string? unreadable = null;
        foreach (var entry in walk.Links)
        {
            // LIST_ENTRY x 3, DllBase, EntryPoint, SizeOfImage (padded), FullDllName, BaseDllName.
            if (!memory.TryReadPointer(entry + 6 * pointer, out var start, out var fault)
                || !memory.TryReadUInt32(entry + 8 * pointer, out var size, out fault))
            {
                unreadable ??= $"the entry at {entry} cannot be read: {fault}.";
                continue;
            }

            if (start.IsZero)
            {
                unreadable ??= $"the entry at {entry} holds no module: its page is of another moment.";
                continue;
            }

            modules.Add(new LoadedModule(
                entry,
                start,
                size,
                KernelText.ReadCounted(memory, entry + 11 * pointer, out _),
                KernelText.ReadCounted(memory, entry + 9 * pointer, out _)));
        }

        return new LoadedModuleList(modules, (walk.Problem ?? unreadable) is { } problem ? $"Of the list of loaded modules {modules.Count} entries are read, from both its ends: {char.ToLowerInvariant(problem[0])}{problem[1..]}" : null);
    }
}
