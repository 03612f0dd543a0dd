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
    /// The structure layouts of a kernel: its own where they are known; else those of the nearest revision of the same build, else of the
    /// nearest build. The origin says which. Null if no layouts are known for the architecture.
    /// </summary>
    public ITypeSource? NearestTypes(FileVersion version, ProcessorArchitecture architecture)
    {
        var file = _types.Value;
        var best = -1;
        for (var i = 0; i < file.Records.Length; i++)
        {
            if (file.Records[i].Architecture == architecture && (best < 0 || Distance(file.Records[i]).CompareTo(Distance(file.Records[best])) < 0))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return null;
        }

        var types = _typeSources.Value[best] ??= new KnownTypes(file, file.Records[best]);
        return file.Records[best].Version == version ? types : types.WithOrigin($"{types.Origin}, the nearest known to {version}");

        (int Build, int Revision, bool Published) Distance(TypeFile.SourceRecord record) =>
            (Math.Abs(record.Version.Build - version.Build), Math.Abs(record.Version.Revision - version.Revision), !record.FromSymbols);
    }

    internal bool HasSymbols(PdbIdentity identity) => FindSymbols(identity) is not null;

    internal ISymbolSource? SymbolsOf(PdbIdentity identity) =>
        FindSymbols(identity) is { } record ? new KnownSymbols(_symbols.Value, record) : null;

    private SymbolFile.KernelRecord? FindSymbols(PdbIdentity identity) =>
        Array.Find(_symbols.Value.Records, record => record.Guid == identity.Guid && record.Age == identity.Age);
}
