using NtScope.Captures.Paging;
using NtScope.Images;
using NtScope.Kernel.Locating;
using NtScope.Symbols;

namespace NtScope.Targets;

/// <summary>Makes modules of the kernel's list: the kernel first, images read through a session's page tables where only those map them.</summary>
internal static class CapturedModules
{
    public static IEnumerable<Module> Read(
        AddressSpaces spaces,
        IReadOnlyList<SessionSpace> sessions,
        FoundKernel kernel,
        FileVersion? version,
        ISymbolSource kernelSymbols,
        LoadedModuleList list,
        Func<PdbIdentity, ISymbolFile?> findSymbols,
        CancellationToken cancellation)
    {
        var images = new ModuleImages(spaces, sessions);
        yield return new Module
        {
            Name = "nt",
            Path = list.Modules.FirstOrDefault(module => module.Base == kernel.Base) is { } entry ? entry.Path ?? entry.Name ?? "ntoskrnl.exe" : "ntoskrnl.exe",
            Base = kernel.Base,
            Size = kernel.Image.SizeOfImage,
            Image = kernel.Image,
            Pdb = kernel.Image.Pdb,
            Version = version,
            Symbols = kernelSymbols,
        };
        var bases = new HashSet<VirtualAddress> { kernel.Base };
        foreach (var module in list.Modules)
        {
            cancellation.ThrowIfCancellationRequested();
            if (bases.Add(module.Base))
            {
                var image = images.Open(module);
                var symbols = image?.Pdb is { } pdb ? findSymbols(pdb) : null;
                yield return new Module
                {
                    Name = NameOf(module),
                    Path = module.Path ?? module.Name ?? string.Empty,
                    Base = module.Base,
                    Size = module.Size,
                    Image = image,
                    Pdb = image?.Pdb,
                    Version = image?.Version?.FileVersion,
                    Symbols = symbols?.Symbols,
                    Types = symbols?.Types,
                };
            }
        }
    }

    private static string NameOf(LoadedModule module)
    {
        var name = module.Name ?? module.Path?[(module.Path.LastIndexOf('\\') + 1)..] ?? module.Base.ToString();
        var dot = name.LastIndexOf('.');
        return dot > 0 ? name[..dot] : name;
    }
}
