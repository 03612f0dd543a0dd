using System.Buffers.Binary;

namespace NtScope.Symbols.Pdb;

/// <summary>The DBI stream (3): which streams hold the symbols, the modules, and the tables that place symbols in the image.</summary>
internal sealed class DebugInformation
{
    public const int Stream = 3;
    private const int HeaderBytes = 64;
    private const int ModuleHeaderBytes = 64;
    private const ushort NoStream = 0xffff;
    private readonly ushort[] _optionalStreams;

    /// <summary>Reads the header and the list of modules.</summary>
    /// <exception cref="InputException">The stream is truncated or its substreams overrun it.</exception>
    public DebugInformation(MultiStreamFile file)
    {
        var bytes = file.ReadStream(Stream);
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadInt32LittleEndian(bytes) != -1)
        {
            throw new InputException(file.Name, "DBI stream", 0, "no header of the 7.00 form");
        }

        Age = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8));
        SymbolRecordStream = StreamNumber(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(20)));
        Architecture = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(58)) switch
        {
            0x014c => ProcessorArchitecture.X86,
            0x8664 => ProcessorArchitecture.X64,
            0xaa64 => ProcessorArchitecture.Arm64,
            _ => ProcessorArchitecture.Unknown,
        };

        // The substreams follow the header in this order: modules, contributions, section map, sources, type servers, edit and
        // continue, and the numbers of optional streams. The header has their sizes at these places.
        ReadOnlySpan<int> sizePlaces = [24, 28, 32, 36, 40, 52, 48];
        var start = (long)HeaderBytes;
        for (var i = 0; i < sizePlaces.Length; i++)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(sizePlaces[i]));
            if (size < 0 || start + size > bytes.Length)
            {
                throw new InputException(file.Name, "DBI stream", sizePlaces[i], $"a substream of {size} bytes overruns the stream of {bytes.Length}");
            }

            if (i == 0) ModuleStreams = ReadModules(bytes.AsSpan((int)start, size));
            if (i == sizePlaces.Length - 1) _optionalStreams = ReadOptionalStreams(bytes.AsSpan((int)start, size));
            start += size;
        }

        _optionalStreams ??= [];
        ModuleStreams ??= [];
    }

    /// <summary>The age that images refer to.</summary>
    public uint Age { get; }

    /// <summary>The stream of public and global symbols; null if there is none.</summary>
    public int? SymbolRecordStream { get; }

    /// <summary>The machine the image is for.</summary>
    public ProcessorArchitecture Architecture { get; }

    /// <summary>The stream of each module that has one, and how many of its bytes are symbols.</summary>
    public IReadOnlyList<(int Stream, int SymbolBytes)> ModuleStreams { get; }

    /// <summary>Translates addresses of the image as it was linked to the image as it was shipped; null if both are one.</summary>
    public int? OmapFromSourceStream => Optional(4);

    /// <summary>The section headers of the image.</summary>
    public int? SectionHeaderStream => Optional(5);

    /// <summary>The section headers from before the image was rearranged; symbols refer to these where they exist.</summary>
    public int? OriginalSectionHeaderStream => Optional(10);

    private static int? StreamNumber(ushort number) => number == NoStream ? null : number;

    private static ushort[] ReadOptionalStreams(ReadOnlySpan<byte> bytes)
    {
        var streams = new ushort[bytes.Length / sizeof(ushort)];
        for (var i = 0; i < streams.Length; i++)
        {
            streams[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * sizeof(ushort))..]);
        }

        return streams;
    }

    private static List<(int Stream, int SymbolBytes)> ReadModules(ReadOnlySpan<byte> bytes)
    {
        var modules = new List<(int, int)>();
        var reader = new RecordReader(bytes);
        while (reader.Remaining >= ModuleHeaderBytes)
        {
            reader.Skip(34);
            var stream = reader.ReadUInt16();
            var symbolBytes = reader.ReadUInt32();
            reader.Skip(24);
            reader.ReadNameBytes();
            reader.ReadNameBytes();
            reader.Skip(Math.Min(-reader.Position & 3, reader.Remaining));
            if (stream != NoStream && symbolBytes is > 0 and < int.MaxValue)
            {
                modules.Add((stream, (int)symbolBytes));
            }
        }

        return modules;
    }

    private int? Optional(int index) => index < _optionalStreams.Length ? StreamNumber(_optionalStreams[index]) : null;
}
