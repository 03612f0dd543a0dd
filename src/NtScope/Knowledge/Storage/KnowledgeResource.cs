using System.Buffers.Binary;

namespace NtScope.Knowledge.Storage;

/// <summary>
/// One embedded file, read where the runtime maps it: nothing is copied or unpacked. A file is a magic number, a count of sections and an
/// offset and a length for each; what a section holds is known to its reader. All numbers are little endian.
/// </summary>
internal sealed unsafe class KnowledgeResource
{
    /// <summary>The first four bytes of every file, "NSK1" as text.</summary>
    public const uint Magic = 0x314B534E;

    /// <summary>Bytes before the directory of sections.</summary>
    public const int HeaderSize = 8;

    /// <summary>Bytes of one directory entry: offset and length.</summary>
    public const int EntrySize = 8;

    private readonly byte* _start;
    private readonly int _length;
    private readonly byte[]? _copy;

    private KnowledgeResource(byte* start, int length, byte[]? copy)
    {
        _start = start;
        _length = length;
        _copy = copy;
    }

    /// <summary>Opens an embedded file by its name without folder (<c>services.bin</c>).</summary>
    public static KnowledgeResource Open(string name)
    {
        var stream = typeof(KnowledgeResource).Assembly.GetManifestResourceStream("knowledge/" + name)
            ?? throw new InvalidOperationException($"The embedded knowledge file {name} is missing from this build.");
        if (stream is UnmanagedMemoryStream mapped)
        {
            return Checked(new KnowledgeResource(mapped.PositionPointer, checked((int)mapped.Length), null), name);
        }

        using (stream)
        {
            var copy = GC.AllocateUninitializedArray<byte>(checked((int)stream.Length), pinned: true);
            stream.ReadExactly(copy);
            return FromBytes(copy, name);
        }
    }

    /// <summary>A file from bytes that were allocated pinned.</summary>
    public static KnowledgeResource FromBytes(byte[] pinned, string name)
    {
        fixed (byte* start = pinned)
        {
            return Checked(new KnowledgeResource(start, pinned.Length, pinned), name);
        }
    }

    /// <summary>The bytes of a section, counted from 0.</summary>
    public ReadOnlySpan<byte> Section(int number)
    {
        var entry = Bytes.Slice(HeaderSize + number * EntrySize, EntrySize);
        return Bytes.Slice(
            checked((int)BinaryPrimitives.ReadUInt32LittleEndian(entry)),
            checked((int)BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])));
    }

    private ReadOnlySpan<byte> Bytes
    {
        get
        {
            GC.KeepAlive(_copy);
            return new ReadOnlySpan<byte>(_start, _length);
        }
    }

    private static KnowledgeResource Checked(KnowledgeResource resource, string name) =>
        resource._length >= HeaderSize && BinaryPrimitives.ReadUInt32LittleEndian(resource.Bytes) == Magic
            ? resource
            : throw new InvalidOperationException($"The embedded knowledge file {name} is not one: run the generator in eng/.");
}
