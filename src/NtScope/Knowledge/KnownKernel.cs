using NtScope.Images;
using NtScope.Knowledge.Storage;
using NtScope.Symbols;
using NtScope.Symbols.Types;

namespace NtScope.Knowledge;

/// <summary>What is known of one real kernel. Each part is decoded when it is asked for.</summary>
public sealed class KnownKernel
{
    private readonly KnowledgeBase _knowledge;
    private readonly ServiceFile.KernelRecord _record;
    private ISymbolSource? _symbols;
    private KnownServiceTable? _services;
    private ITypeSource? _types;

    internal KnownKernel(KnowledgeBase knowledge, ServiceFile.KernelRecord record)
    {
        _knowledge = knowledge;
        _record = record;
    }

    /// <summary>The identity of its symbols.</summary>
    public PdbIdentity Pdb => _record.Pdb;

    /// <summary>Its file version.</summary>
    public FileVersion Version => _record.Version;

    /// <summary>Its instruction set.</summary>
    public ProcessorArchitecture Architecture => _record.Architecture;

    /// <summary>Whether all its symbols and structures are known.</summary>
    public bool HasSymbols => _knowledge.HasSymbols(Pdb);

    /// <summary>Whether its service table is known.</summary>
    public bool HasServices => _record.Order >= 0;

    /// <summary>Its exact service table; null unless <see cref="HasServices"/>.</summary>
    public KnownServiceTable? Services => HasServices ? _services ??= new KnownServiceTable(_knowledge.ServiceFile, _record) : null;

    /// <summary>All its symbols; null if they are not known.</summary>
    public ISymbolSource? Symbols => _symbols ??= _knowledge.SymbolsOf(Pdb);

    /// <summary>Its structure layouts: its own where they are known, else those of the nearest known kernel; the origin says which.</summary>
    public ITypeSource Types => _types ??= _knowledge.NearestTypes(Version, Architecture)
        ?? throw new InvalidOperationException($"Embedded knowledge has no layouts for {Architecture}.");
}
