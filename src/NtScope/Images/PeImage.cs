using System.Buffers.Binary;

namespace NtScope.Images;

/// <summary>
/// A PE image, from a file, a stream, bytes, or mapped in memory. Headers that lie end in an <see cref="InputException"/> when it is
/// opened; directories are read when they are first asked for, and what is wrong with them stands in <see cref="Problems"/>.
/// </summary>
public sealed class PeImage : IDisposable
{
    private readonly ImageHeaders _headers;
    private readonly ImageContent _content;
    private readonly List<InputException> _problems = [];
    private readonly Lazy<ExportDirectory> _exports;
    private readonly Lazy<IReadOnlyList<ImportedModule>> _imports;
    private readonly Lazy<RelocationTable> _relocations;
    private readonly Lazy<PdbIdentity?> _pdb;
    private readonly Lazy<VersionInformation?> _version;
    private readonly Lazy<LoadConfiguration?> _loadConfiguration;
    private readonly Lazy<RuntimeFunctionTable> _runtimeFunctions;

    private PeImage(string name, ImageHeaders headers, ImageContent content)
    {
        Name = name;
        _headers = headers;
        _content = content;
        _exports = new(() => ExportReader.Read(this));
        _imports = new(() => ImportReader.Read(this));
        _relocations = new(() => RelocationReader.Read(this));
        _pdb = new(() => DebugDirectoryReader.Read(this));
        _version = new(() => VersionResourceReader.Read(this));
        _loadConfiguration = new(() => LoadConfigurationReader.Read(this));
        _runtimeFunctions = new(() => RuntimeFunctionTable.Read(this));
    }

    /// <summary>The file, or what stands for it, as messages name it.</summary>
    public string Name { get; }

    /// <summary>The instruction set; <see cref="ProcessorArchitecture.Unknown"/> for one that NtScope does not read.</summary>
    public ProcessorArchitecture Architecture => Machine switch
    {
        0x14C => ProcessorArchitecture.X86,
        0x8664 => ProcessorArchitecture.X64,
        0xAA64 => ProcessorArchitecture.Arm64,
        _ => ProcessorArchitecture.Unknown,
    };

    /// <summary>The <c>IMAGE_FILE_MACHINE_*</c> number of the file header.</summary>
    public ushort Machine => _headers.Machine;

    /// <summary>Whether it is a PE32+ image, with addresses of eight bytes.</summary>
    public bool Is64Bit => _headers.Is64Bit;

    /// <summary>The size of an address in the image, in bytes: 4 or 8.</summary>
    public int PointerSize => Is64Bit ? sizeof(ulong) : sizeof(uint);

    /// <summary>The address that its pointers are written for. In memory this is where the loader moved it to, as the header there says.</summary>
    public ulong PreferredBase => _headers.PreferredBase;

    /// <summary>Its size as mapped, in bytes.</summary>
    public uint SizeOfImage => _headers.SizeOfImage;

    /// <summary>When it was linked, in seconds since 1970, or a hash of its content; with <see cref="SizeOfImage"/> the key of symbol stores.</summary>
    public uint TimeDateStamp => _headers.TimeDateStamp;

    /// <summary>The check sum of the optional header.</summary>
    public uint CheckSum => _headers.CheckSum;

    /// <summary>Where its entry point is, in bytes from its base; 0 if it has none.</summary>
    public uint EntryPoint => _headers.EntryPoint;

    /// <summary>The <c>IMAGE_SUBSYSTEM_*</c> number: 1 for drivers and the kernel.</summary>
    public ushort Subsystem => _headers.Subsystem;

    /// <summary>The <c>IMAGE_FILE_*</c> bits of the file header.</summary>
    public ushort Characteristics => _headers.Characteristics;

    /// <summary>The <c>IMAGE_DLLCHARACTERISTICS_*</c> bits of the optional header.</summary>
    public ushort DllCharacteristics => _headers.DllCharacteristics;

    /// <summary>Whether it was linked with <c>/integritycheck</c> (<c>IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY</c>): it is not loaded without a signature.</summary>
    public bool ForcesIntegrity => (DllCharacteristics & 0x80) != 0;

    /// <summary>Whether it is mapped in memory rather than a file.</summary>
    public bool IsMapped { get; private init; }

    private VirtualAddress? MappedAt { get; init; }

    /// <summary>Its sections in the order of their headers.</summary>
    public IReadOnlyList<ImageSection> Sections => _headers.Sections;

    /// <summary>What it exports.</summary>
    public ExportDirectory Exports => _exports.Value;

    /// <summary>What it imports: at load first, then on demand.</summary>
    public IReadOnlyList<ImportedModule> Imports => _imports.Value;

    /// <summary>Where the loader adds the distance from the preferred base.</summary>
    public RelocationTable Relocations => _relocations.Value;

    /// <summary>What ties it to its symbols; null if it does not say.</summary>
    public PdbIdentity? Pdb => _pdb.Value;

    /// <summary>Its version resource; null if it has none.</summary>
    public VersionInformation? Version => _version.Value;

    /// <summary>Its load configuration; null if it has none.</summary>
    public LoadConfiguration? LoadConfiguration => _loadConfiguration.Value;

    /// <summary>Where its functions begin and end, as <c>.pdata</c> says; empty on x86.</summary>
    public RuntimeFunctionTable RuntimeFunctions => _runtimeFunctions.Value;

    /// <summary>What was wrong with directories that were read so far.</summary>
    public IReadOnlyList<InputException> Problems
    {
        get
        {
            lock (_problems)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>Opens an image file; it is mapped, not copied.</summary>
    /// <exception cref="InputException">There is no such file, it cannot be read, or it is not an image.</exception>
    public static PeImage FromFile(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            try
            {
                CheckLength(stream.Length, path);
                var file = new MappedFile(stream);
                return FromContent(file.Memory, path, file);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(path, "there is no such file", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, System.IO.Directory.Exists(path) ? "this is a folder, not an image" : $"cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>Reads an image from the rest of a stream.</summary>
    /// <param name="stream">The stream; it need not seek. It stays open.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InputException">It cannot be read, or is not an image.</exception>
    public static PeImage FromStream(Stream stream, string name)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                CheckLength(bytes.Length, name);
            }
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException)
        {
            throw new InputException(name, $"cannot be read: {problem.Message}", problem);
        }

        return FromBytes(bytes.ToArray(), name);
    }

    /// <summary>Reads an image that lies in <paramref name="bytes"/> as it does in a file.</summary>
    /// <exception cref="InputException">It is not an image.</exception>
    public static PeImage FromBytes(ReadOnlyMemory<byte> bytes, string name)
    {
        CheckLength(bytes.Length, name);
        return FromContent(bytes, name, owner: null);
    }

    /// <summary>Reads an image that is mapped in memory.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="start">Where the image begins.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InputException">There is no image, or its headers cannot be read.</exception>
    public static PeImage FromMemory(IMemory memory, VirtualAddress start, string name)
    {
        var first = new byte[Limits.ImageHeaderBytes];
        var read = memory.Read(start, first, out var fault);
        if (read < 2)
        {
            throw new InputException(name, "DOS header", 0, fault.ToString());
        }

        var headers = ImageHeaders.Parse(first.AsSpan(0, read), name);
        return new PeImage(name, headers, new MemoryContent(memory, start, headers.SizeOfImage)) { IsMapped = true, MappedAt = start };
    }

    /// <summary>Reads the longest readable run that starts at <paramref name="rva"/>.</summary>
    /// <param name="rva">Where to start, in bytes from the image's base.</param>
    /// <param name="destination">Where the bytes go; what could not be read is left as it was.</param>
    /// <param name="fault">Why the run ended early; its address is the preferred base, or the real one in memory, plus the RVA.</param>
    /// <returns>The number of bytes read.</returns>
    public int Read(uint rva, Span<byte> destination, out ReadFault fault) => _content.Read(rva, destination, out fault);

    /// <summary>The bytes from <paramref name="rva"/> on. Parts that cannot be read are zero, so this serves searches, not facts.</summary>
    /// <param name="rva">Where to start, in bytes from the image's base.</param>
    /// <param name="length">How many bytes; what would lie behind the end of the image is left out.</param>
    public ReadOnlyMemory<byte> Slice(uint rva, uint length) =>
        rva >= SizeOfImage ? default : _content.Slice(rva, Math.Min(length, SizeOfImage - rva));

    /// <summary>The bytes of a section that the file has, for searches; in memory those that can be read, and zeros for the others.</summary>
    public ReadOnlyMemory<byte> ContentOf(ImageSection section)
    {
        var bytes = _content.Stored(section);
        return bytes.Length > Limits.SearchedSectionBytes ? bytes[..(int)Limits.SearchedSectionBytes] : bytes;
    }

    /// <summary>Reads one byte.</summary>
    public bool TryReadByte(uint rva, out byte value)
    {
        Span<byte> bytes = stackalloc byte[1];
        var read = Read(rva, bytes, out _) == bytes.Length;
        value = read ? bytes[0] : default;
        return read;
    }

    /// <summary>Reads four bytes.</summary>
    public bool TryReadUInt32(uint rva, out uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        var read = Read(rva, bytes, out _) == bytes.Length;
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Reads eight bytes.</summary>
    public bool TryReadUInt64(uint rva, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var read = Read(rva, bytes, out _) == bytes.Length;
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Reads a pointer of the image's size and turns it into an RVA; fails if it points outside the image.</summary>
    public bool TryReadPointer(uint rva, out uint targetRva)
    {
        targetRva = 0;
        ulong value;
        if (Is64Bit)
        {
            if (!TryReadUInt64(rva, out value))
            {
                return false;
            }
        }
        else if (TryReadUInt32(rva, out var narrow))
        {
            value = narrow;
        }
        else
        {
            return false;
        }

        return TryGetRva(value, out targetRva);
    }

    /// <summary>
    /// Turns an address that is written in the image into an RVA; fails if it lies outside the image. In memory the loader has relocated such addresses,
    /// whether it says so in the headers or not.
    /// </summary>
    public bool TryGetRva(ulong address, out uint rva)
    {
        var start = MappedAt?.Value ?? PreferredBase;
        var inside = address >= start && address - start < SizeOfImage;
        rva = inside ? (uint)(address - start) : 0;
        return inside;
    }

    /// <summary>Where the byte at <paramref name="rva"/> stands in the file; in memory this is the RVA. Fails where the file has no byte for it.</summary>
    public bool TryGetFileOffset(uint rva, out uint offset) => _content.TryGetOffset(rva, out offset);

    /// <summary>The section that holds <paramref name="rva"/>, or null.</summary>
    public ImageSection? SectionAt(uint rva)
    {
        foreach (var section in _headers.Sections)
        {
            if (section.Contains(rva))
            {
                return section;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    internal DirectoryEntry Directory(ImageDirectory directory) => _headers.Directories[(int)directory];

    internal void Report(InputException problem)
    {
        lock (_problems)
        {
            if (_problems.Count < Limits.ImageProblems)
            {
                _problems.Add(problem);
            }
        }
    }

    private static PeImage FromContent(ReadOnlyMemory<byte> bytes, string name, IDisposable? owner)
    {
        try
        {
            var span = bytes.Span;
            var headers = ImageHeaders.Parse(span[..Math.Min(span.Length, Limits.ImageHeaderBytes)], name);
            return new PeImage(name, headers, new FileContent(bytes, headers, name, owner));
        }
        catch
        {
            owner?.Dispose();
            throw;
        }
    }

    private static void CheckLength(long length, string name)
    {
        if (length is 0 or > Limits.ImageBytes)
        {
            throw new InputException(name, length == 0 ? "the file is empty" : $"is larger than 0x{Limits.ImageBytes:x} bytes: this is not a Windows image");
        }
    }
}
