namespace NtScope.Kernel.Locating;

/// <summary>
/// The kernel's list of loaded modules. The fields that are read have not moved since XP (x86) and Server 2003 (x64), so no layout is needed to
/// find the kernel and its modules.
/// </summary>
/// <param name="Modules">The modules in list order.</param>
/// <param name="Problem">Why the walk ended before it came back to the head, as a sentence; null if it did come back.</param>
public sealed record LoadedModuleList(IReadOnlyList<LoadedModule> Modules, string? Problem)
{
    /// <summary>Walks the list.</summary>
    /// <param name="memory">The system's address space.</param>
    /// <param name="head">Address of <c>nt!PsLoadedModuleList</c>.</param>
    /// <param name="limit">How many entries at most.</param>
    public static LoadedModuleList Read(IMemory memory, VirtualAddress head, int limit = Limits.LoadedModules)
    {
        var pointer = (uint)memory.PointerSize;
        var modules = new List<LoadedModule>();
        var seen = new HashSet<VirtualAddress> { head };
        var isRead = memory.TryReadPointer(head, out var entry, out var fault);
        while (isRead && entry != head)
        {
            if (modules.Count == limit)
            {
                return new LoadedModuleList(modules, $"The list of loaded modules goes on past {limit} entries.");
            }

            if (!seen.Add(entry))
            {
                return new LoadedModuleList(modules, $"The list of loaded modules comes back to {entry} and not to its head.");
            }

            // LIST_ENTRY x 3, DllBase, EntryPoint, SizeOfImage (padded), FullDllName, BaseDllName.
            if (!memory.TryReadPointer(entry + 6 * pointer, out var start, out fault)
                || !memory.TryReadUInt32(entry + 8 * pointer, out var size, out fault))
            {
                break;
            }

            modules.Add(new LoadedModule(
                entry,
                start,
                size,
                KernelText.ReadCounted(memory, entry + 11 * pointer, out _),
                KernelText.ReadCounted(memory, entry + 9 * pointer, out _)));
            isRead = memory.TryReadPointer(entry, out entry, out fault);
        }

        return new LoadedModuleList(modules, fault.IsNone ? null : $"The list of loaded modules cannot be followed further: {fault}.");
    }
}
