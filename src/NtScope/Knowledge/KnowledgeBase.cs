using System.Diagnostics.CodeAnalysis;
using NtScope.Images;
using NtScope.Knowledge.Storage;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Knowledge;

/// <summary>
/// What is known of real Windows builds, embedded in this library: service tables, prototypes, symbols and structure layouts. Nothing is
/// read before it is asked for. Safe for use from several threads.
/// </summary>
public sealed class KnowledgeBase
{
    private readonly Lazy<ServiceFile> _services = new(() => new ServiceFile(KnowledgeResource.Open("services.bin")));
    private readonly Lazy<PrototypeFile> _prototypes = new(() => new PrototypeFile(KnowledgeResource.Open("prototypes.bin")));
    private readonly Lazy<SymbolFile> _symbols = new(() => new SymbolFile(KnowledgeResource.Open("symbols.bin")));
    private readonly Lazy<TypeFile> _types = new(() => new TypeFile(KnowledgeResource.Open("types.bin")));
    private readonly Lazy<KnownKernel[]> _kernels;
    private readonly Lazy<PublishedTables> _published;
    private readonly Lazy<KnownTypes?[]> _typeSources;
    private readonly Lazy<Win32kLayouts> _win32kLayouts = new(() => new Win32kLayouts(KnowledgeResource.Open("desktops.bin")));
    private readonly Lazy<VirtualDesktopIdentifiers> _virtualDesktops = new(() => new VirtualDesktopIdentifiers(KnowledgeResource.Open("desktops.bin")));

    private KnowledgeBase()
    {
        _kernels = new(() => Array.ConvertAll(ServiceFile.ReadKernels(), record => new KnownKernel(this, record)));
        _published = new(() => new PublishedTables(ServiceFile));
        _typeSources = new(() => new KnownTypes?[_types.Value.Records.Length]);
    }

    /// <summary>The knowledge embedded in this library.</summary>
    public static KnowledgeBase Embedded { get; } = new();

    /// <summary>All kernels of which the service table or the symbols are known, ascending by version.</summary>
    public IReadOnlyList<KnownKernel> Kernels => _kernels.Value;

    /// <summary>The service tables of builds as published.</summary>
    public PublishedTables PublishedTables => _published.Value;

    /// <summary>The layouts of win32k's session structures.</summary>
    public Win32kLayouts Win32kLayouts => _win32kLayouts.Value;

    /// <summary>The COM identifiers of virtual desktops.</summary>
    public VirtualDesktopIdentifiers VirtualDesktops => _virtualDesktops.Value;

    /// <summary>How many prototypes are known.</summary>
    public int PrototypeCount => _prototypes.Value.Count;

    internal ServiceFile ServiceFile => _services.Value;

    /// <summary>The kernel with these symbols, or null.</summary>
    public KnownKernel? FindKernel(PdbIdentity identity) => Array.Find(_kernels.Value, kernel => kernel.Pdb.Matches(identity));

    /// <summary>The x64 kernel with this file version, or null.</summary>
    public KnownKernel? FindKernel(FileVersion version) => Array.Find(_kernels.Value, kernel => kernel.Version == version);

    /// <summary>Finds a prototype by a function's name, <c>NtX</c> or <c>ZwX</c>.</summary>
    public bool TryGetPrototype(string name, [NotNullWhen(true)] out Prototype? prototype) => _prototypes.Value.TryGet(name, out prototype);

    /// <summary>
    /// The structure layouts of a kernel: its own where they are known; else those of the nearest revision of the same build, from symbols
    /// before published ones; else of the nearest build. The origin says which. Null if no layouts are known for the architecture.
    /// </summary>
    public ITypeSource? NearestTypes(FileVersion version, ProcessorArchitecture architecture)
    {
        var records = _types.Value.Records;
        var nearest = Enumerable.Range(0, records.Length)
            .Where(source => records[source].Architecture == architecture)
            .OrderByDescending(source => records[source].Version == version)
            .ThenBy(source => Math.Abs(records[source].Version.Build - version.Build))
            .ThenByDescending(source => records[source].FromSymbols)
            .ThenBy(source => Math.Abs(records[source].Version.Revision - version.Revision))
            .DefaultIfEmpty(-1)
            .First();
        if (nearest < 0)
        {
            return null;
        }

        var types = TypesAt(nearest);
        return records[nearest].Version == version ? types : types.WithOrigin($"{types.Origin}, the nearest known to {version}");
    }

    /// <summary>The versions of the kernels of an architecture whose structure layouts are known, each once, ascending.</summary>
    public IEnumerable<FileVersion> LayoutVersions(ProcessorArchitecture architecture) =>
        _types.Value.Records.Where(record => record.Architecture == architecture).Select(record => record.Version).Distinct().Order();

    internal ITypeSource? PublishedTypes(FileVersion version, ProcessorArchitecture architecture)
    {
        var found = Array.FindIndex(_types.Value.Records, record => record.Version == version && record.Architecture == architecture && !record.FromSymbols);
        return found < 0 ? null : TypesAt(found);
    }

    internal bool HasSymbols(PdbIdentity identity) => FindSymbols(identity) is not null;

    internal ISymbolSource? SymbolsOf(PdbIdentity identity) =>
        FindSymbols(identity) is { } record ? new KnownSymbols(_symbols.Value, record) : null;

    private KnownTypes TypesAt(int source) => _typeSources.Value[source] ??= new KnownTypes(_types.Value, _types.Value.Records[source]);

    private SymbolFile.KernelRecord? FindSymbols(PdbIdentity identity) =>
        Array.Find(_symbols.Value.Records, record => record.Guid == identity.Guid && record.Age == identity.Age);
}
