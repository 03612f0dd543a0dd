using NtScope.Images;
using NtScope.Kernel;

namespace NtScope.Targets;

/// <summary>
/// The modules of a process as its loader lists them: _PEB.Ldr, _PEB_LDR_DATA.InLoadOrderModuleList, _LDR_DATA_TABLE_ENTRY. These offsets are
/// the same in every build, so no layouts are needed. The list is the process's own and says what the process wants it to.
/// </summary>
public static class LoaderList
{
    /// <summary>Reads the modules in the order in which they were loaded: the program, then ntdll.</summary>
    /// <param name="memory">The process's memory; its pointer size is the process's.</param>
    /// <param name="environmentBlock">The process's _PEB.</param>
    /// <param name="problem">Why the list could not be followed to its end, as a sentence; null if it could.</param>
    public static IReadOnlyList<Module> Read(IMemory memory, VirtualAddress environmentBlock, out string? problem)
    {
        var (loader, list, start, size, path, name) = memory.PointerSize == sizeof(ulong) ? (0x18u, 0x10u, 0x30u, 0x40u, 0x48u, 0x58u) : (0xCu, 0xCu, 0x18u, 0x20u, 0x24u, 0x2Cu);
        if (!memory.TryReadPointer(environmentBlock + loader, out var data, out var fault) || data.IsZero)
        {
            problem = $"The loader's list of the process is not to be found: {(data.IsZero && fault == default ? "it is not set up yet" : fault.ToString())}.";
            return [];
        }

        var walk = ListWalk.Read(memory, data + list, Limits.LoadedModules);
        problem = walk.Problem;
        var modules = new List<Module>();
        foreach (var entry in walk.Links)
        {
            if (memory.TryReadPointer(entry + start, out var imageBase, out _) && memory.TryReadUInt32(entry + size, out var imageSize, out _))
            {
                var file = KernelText.ReadCounted(memory, entry + name, out _) ?? imageBase.ToString();
                modules.Add(Create(memory, imageBase, imageSize, file, KernelText.ReadCounted(memory, entry + path, out _) ?? file));
            }
        }

        return modules;
    }

    private static Module Create(IMemory memory, VirtualAddress start, uint size, string file, string path)
    {
        PeImage? image = null;
        try
        {
            image = PeImage.FromMemory(memory, start, file);
        }
        catch (InputException)
        {
            // Its headers are paged out or overwritten; the module still has its place.
        }

        var dot = file.LastIndexOf('.');
        return new Module
        {
            Name = dot > 0 ? file[..dot] : file,
            Path = path,
            Base = start,
            Size = size,
            Image = image,
            Pdb = image?.Pdb,
            Version = image?.Version?.FileVersion,
        };
    }
}
