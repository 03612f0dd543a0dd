using NtScope.Images;
using NtScope.Knowledge;
using NtScope.Lab.Machine.Images;
using NtScope.Lab.Machine.Memory;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Lab.Machine.Kernel;

/// <summary>
/// A kernel that the lab can build. Of x64 it is a real one whose service table is known by address; of x86 only the services' names and the structures
/// are known, and the lab lays the image out itself.
/// </summary>
public sealed class LabKernel
{
    private const int OnlyExtendedSince = 9200;

    private readonly Lazy<LabServiceTable> _services;

    private LabKernel(FileVersion version, ProcessorArchitecture architecture, LabPaging paging, PdbIdentity pdb, ITypeSource types, Func<LabServiceTable> services, ISymbolSource? symbols)
    {
        Version = version;
        Architecture = architecture;
        Paging = paging;
        Pdb = pdb;
        Types = types;
        _services = new(services);
        Symbols = symbols;
    }

    /// <summary>The x64 kernels that the lab can build, ascending by version.</summary>
    public static IReadOnlyList<KnownKernel> Wide { get; } =
        [.. KnowledgeBase.Embedded.Kernels.Where(kernel => kernel is { HasServices: true, Architecture: ProcessorArchitecture.X64 })];

    /// <summary>The versions of x86 kernels that the lab can build, ascending: those whose structures and services were published.</summary>
    public static IReadOnlyList<FileVersion> NarrowVersions { get; } =
        [.. KnowledgeBase.Embedded.LayoutVersions(ProcessorArchitecture.X86).Where(version => Published(ServiceTableKind.Nt, version) is not null && Published(ServiceTableKind.Win32k, version) is not null)];

    /// <summary>Its file version.</summary>
    public FileVersion Version { get; }

    /// <summary>Its instruction set.</summary>
    public ProcessorArchitecture Architecture { get; }

    /// <summary>The form of its page tables.</summary>
    public LabPaging Paging { get; }

    /// <summary>The identity of its symbols; of x86 kernels one that no real image has.</summary>
    public PdbIdentity Pdb { get; }

    /// <summary>Its structure layouts.</summary>
    public ITypeSource Types { get; }

    /// <summary>Its service table.</summary>
    public LabServiceTable Services => _services.Value;

    /// <summary>All its symbols; null if they are not known.</summary>
    public ISymbolSource? Symbols { get; }

    /// <summary>Whether it is an x86 kernel.</summary>
    public bool IsNarrow => Architecture == ProcessorArchitecture.X86;

    /// <summary>The control register that says the form of page tables, as its processors hold it.</summary>
    public ulong ControlRegister4 => !IsNarrow ? 0x1506F8u : Paging.EntrySize == sizeof(ulong) ? 0x6F8u : 0x6D8u;

    /// <summary>An x64 kernel of the knowledge.</summary>
    /// <exception cref="ArgumentException">It is not x64, or its services are not known.</exception>
    public static LabKernel FromKnownKernel(KnownKernel kernel) => kernel is { Architecture: ProcessorArchitecture.X64, Services: { } services }
        ? new LabKernel(kernel.Version, kernel.Architecture, LabPaging.FourLevel, kernel.Pdb, kernel.Types, () => LabServiceTable.Of(services), kernel.Symbols)
        : throw new ArgumentException($"the lab builds x64 kernels whose services are known, and {kernel.Version} is not one", nameof(kernel));

    /// <summary>An x64 kernel of the knowledge.</summary>
    public static implicit operator LabKernel(KnownKernel kernel) => FromKnownKernel(kernel);

    /// <summary>An x86 kernel.</summary>
    /// <param name="version">One of <see cref="NarrowVersions"/>.</param>
    /// <param name="isExtended">Whether it uses physical address extension. Windows 8 and later run with it only.</param>
    /// <exception cref="ArgumentException">It is not one of them.</exception>
    public static LabKernel Narrow(FileVersion version, bool isExtended = true)
    {
        if (!NarrowVersions.Contains(version))
        {
            throw new ArgumentException($"the lab knows no x86 kernel {version}", nameof(version));
        }

        if (!isExtended && version.Build >= OnlyExtendedSince)
        {
            throw new ArgumentException($"{version} runs with physical address extension only", nameof(isExtended));
        }

        var seed = RoutineBytes.Hash($"nt {version} {isExtended}");
        var identity = new Guid((int)seed, (short)version.Build, (short)version.Revision, 0x4E, 0x74, 0x53, 0x63, 0x6F, 0x70, 0x65, 0x86);
        return new LabKernel(
            version,
            ProcessorArchitecture.X86,
            isExtended ? LabPaging.Extended : LabPaging.TwoLevel,
            new PdbIdentity(isExtended ? "ntkrpamp.pdb" : "ntkrnlmp.pdb", identity, 1),
            KnowledgeBase.Embedded.NearestTypes(version, ProcessorArchitecture.X86)!,
            () => LabServiceTable.LayOut(Published(ServiceTableKind.Nt, version)!),
            symbols: null);
    }

    private static PublishedTable? Published(ServiceTableKind table, FileVersion version) =>
        KnowledgeBase.Embedded.PublishedTables.ForBuild(ProcessorArchitecture.X86, table, version.Build);
}
