using System.IO.Compression;
using System.Text.Json;
using NtScope.Images;
using NtScope.Symbols.Isf;
using NtScope.Symbols.Types;

namespace NtScope.Symbols;

/// <summary>Symbols and layouts in Volatility's intermediate symbol format (ISF, JSON), plain or gzip.</summary>
public sealed class IsfFile : ISymbolFile
{
    private readonly JsonDocument _document;
    private readonly Lazy<ISymbolSource> _symbols;
    private readonly Lazy<ITypeSource> _types;

    private IsfFile(ReadOnlyMemory<byte> json, string path)
    {
        Path = path;
        try
        {
            _document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Limits.TypeDepth + 16 });
        }
        catch (JsonException failure)
        {
            throw new InputException(path, "is neither a PDB nor ISF JSON: " + failure.Message.TrimEnd('.'), failure);
        }

        if (!TryReadIdentity(_document.RootElement, out var identity))
        {
            _document.Dispose();
            throw new InputException(path, "ISF metadata", 0, "it names no PDB (metadata.windows.pdb with GUID, age and database)");
        }

        Identity = identity;
        _symbols = new(() => IsfSymbols.Read(_document.RootElement, Path));
        _types = new(() => new IsfTypes(_document.RootElement, $"{Identity}"));
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public PdbIdentity Identity { get; }

    /// <inheritdoc/>
    public ISymbolSource Symbols => _symbols.Value;

    /// <inheritdoc/>
    public ITypeSource Types => _types.Value;

    /// <summary>Opens a file, packed or plain.</summary>
    /// <exception cref="InputException">There is no such file, or it is not ISF of a Windows image.</exception>
    public static IsfFile FromFile(string path)
    {
        using var file = SymbolFiles.OpenRead(path);
        return FromStream(file, path);
    }

    /// <summary>Reads ISF from memory, packed or plain.</summary>
    /// <exception cref="InputException">It is not ISF of a Windows image.</exception>
    public static IsfFile FromBytes(byte[] bytes, string name) => FromStream(new MemoryStream(bytes, writable: false), name);

    /// <summary>Reads ISF from a stream that can seek, packed or plain; all of it is read at once.</summary>
    /// <exception cref="InputException">It is not ISF of a Windows image.</exception>
    public static IsfFile FromStream(Stream stream, string name)
    {
        Span<byte> start = stackalloc byte[6];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        start[read..].Clear();
        stream.Position = 0;
        if (start[0] == 0xfd && start[1..].SequenceEqual("7zXZ\0"u8))
        {
            throw new InputException(name, "is packed with xz, which cannot be read: unpack it (xz -d), or pack it with gzip");
        }

        try
        {
            using var unpacked = start[0] == 0x1f && start[1] == 0x8b ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true) : stream;
            return new IsfFile(ReadAll(unpacked, name), name);
        }
        catch (InvalidDataException failure)
        {
            throw new InputException(name, "gzip data is damaged or cut short", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();

    private static ReadOnlyMemory<byte> ReadAll(Stream stream, string name)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (all.Length + read > Limits.IsfBytes)
            {
                throw new InputException(name, $"unpacks to more than {Limits.IsfBytes >> 20} MB");
            }

            all.Write(buffer, 0, read);
        }

        return all.GetBuffer().AsMemory(0, (int)all.Length);
    }

    private static bool TryReadIdentity(JsonElement root, out PdbIdentity identity)
    {
        identity = null!;
        if (!root.TryGetObject("metadata", out var metadata) || !metadata.TryGetObject("windows", out var windows) || !windows.TryGetObject("pdb", out var pdb))
        {
            return false;
        }

        if (!pdb.TryGetText("GUID", out var guidText) || !Guid.TryParse(guidText, out var guid) || !pdb.TryGetUInt32("age", out var age))
        {
            return false;
        }

        identity = new PdbIdentity(pdb.TryGetText("database", out var database) ? database : string.Empty, guid, age);
        return true;
    }
}
