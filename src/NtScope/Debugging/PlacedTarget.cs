namespace NtScope.Debugging;

/// <summary>A target whose modules all have an address: files stand at their preferred base, known builds where linkers put images.</summary>
internal static class PlacedTarget
{
    private const ulong WideBase = 0x140000000;
    private const ulong NarrowBase = 0x400000;
    private const uint PageSize = 0x1000;

    /// <summary>The target itself if nothing needs a place; else one like it, over the same memory.</summary>
    public static Target Of(Target target) => target.Modules.All(module => module is { Base: not null, Symbols: not null }) ? target : new Target
    {
        Kind = target.Kind,
        Summary = target.Summary,
        Architecture = target.Architecture,
        Memory = target.Memory,
        Modules = [.. target.Modules.Select(module => Place(module, target.Architecture))],
        Types = target.Types,
        Physical = target.Physical,
        AddressSpaces = target.AddressSpaces,
        Sessions = target.Sessions,
        Facts = target.Facts,
        Notes = target.Notes,
    };

    /// <summary>A module with a place, a size and names: those that it exports if it has no others.</summary>
    public static Module Place(Module module, ProcessorArchitecture architecture)
    {
        var symbols = module.Symbols ?? (module.Image is { } image ? new ExportNames(image) : null);
        var size = module.Size != 0 ? module.Size : ((symbols?.All().LastOrDefault().Rva ?? 0) + (2 * PageSize)) & ~(PageSize - 1);
        return new Module
        {
            Name = module.Name,
            Path = module.Path,
            Base = module.Base ?? new VirtualAddress(module.Image?.PreferredBase ?? (architecture == ProcessorArchitecture.X86 ? NarrowBase : WideBase)),
            Size = size,
            Image = module.Image,
            Pdb = module.Pdb,
            Version = module.Version,
            Symbols = symbols,
        };
    }
}
