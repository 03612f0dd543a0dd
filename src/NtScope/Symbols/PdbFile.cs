using NtScope.Images;
using NtScope.Symbols.Pdb;
using NtScope.Symbols.Types;

namespace NtScope.Symbols;

/// <summary>A PDB of format 7.00. Opening it reads its directory and identity only; names and types are read when first asked for.</summary>
public sealed class PdbFile : ISymbolFile
{
    private const int InformationStream = 1;
    private const int InformationBytes = 28;
    private readonly MultiStreamFile _file;
    private readonly DebugInformation? _information;
    private readonly Lazy<ISymbolSource> _symbols;
    private readonly Lazy<ITypeSource> _types;

    private PdbFile(Stream stream, string path)
    {
        Path = path;
        try
        {
            _file = new MultiStreamFile(stream, path);
            var identity = new RecordReader(_file.ReadStream(InformationStream));
            if (identity.Remaining < InformationBytes)
            {
                throw new InputException(path, "PDB information stream", 0, "it is too short for an identity");
            }

            identity.Skip(8);
            var age = identity.ReadUInt32();
            var guid = identity.ReadGuid();
            _information = _file.HasStream(DebugInformation.Stream) ? new DebugInformation(_file) : null;
            Identity = new PdbIdentity(System.IO.Path.GetFileName(path), guid, _information is { Age: > 0 } ? _information.Age : age);
        }
        catch (Exception)
        {
            stream.Dispose();
            throw;
        }

        _symbols = new(() => _information is null ? SymbolTable.Empty : SymbolRecords.Read(_file, _information));
        _types = new(() => new PdbTypes(new TypeRecords(_file), $"{Identity}", Architecture is ProcessorArchitecture.X86 ? 4 : 8));
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>The GUID of the information stream, and the age that the image refers to: that of the debug information.</summary>
    public PdbIdentity Identity { get; }

    /// <summary>The machine that the image is for; unknown for a PDB without debug information.</summary>
    public ProcessorArchitecture Architecture => _information?.Architecture ?? ProcessorArchitecture.Unknown;

    /// <inheritdoc/>
    public ISymbolSource Symbols => _symbols.Value;

    /// <inheritdoc/>
    public ITypeSource Types => _types.Value;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">There is no such file, or it is no PDB of format 7.00.</exception>
    public static PdbFile FromFile(string path) => new(SymbolFiles.OpenRead(path), path);

    /// <summary>Reads a PDB from memory.</summary>
    /// <exception cref="InputException">It is no PDB of format 7.00.</exception>
    public static PdbFile FromBytes(byte[] bytes, string name) => new(new MemoryStream(bytes, writable: false), name);

    /// <summary>Reads a PDB from a stream that can seek; the stream is closed with the PDB.</summary>
    /// <exception cref="InputException">It is no PDB of format 7.00.</exception>
    public static PdbFile FromStream(Stream stream, string name) => new(stream, name);

    /// <summary>Whether these are the first bytes of a PDB, of any format.</summary>
    public static bool IsPdb(ReadOnlySpan<byte> start) => start.StartsWith("Microsoft C/C++ "u8);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
