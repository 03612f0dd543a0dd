using System.Buffers.Binary;
using System.Text;

namespace NtScope.Images;

/// <summary>Reads the fields of one directory of an image. A field that cannot be read ends in an <see cref="InputException"/>.</summary>
internal sealed class DirectoryReader(PeImage image, string structure)
{
    private readonly byte[] _name = new byte[64];
    private int _nameBytes;

    public ushort UInt16(uint rva)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        Fill(rva, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint UInt32(uint rva)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Fill(rva, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong UInt64(uint rva)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(rva, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public ulong Pointer(uint rva) => image.Is64Bit ? UInt64(rva) : UInt32(rva);

    public void Fill(uint rva, Span<byte> destination)
    {
        if (image.Read(rva, destination, out var fault) != destination.Length)
        {
            throw Problem(rva, fault.ToString());
        }
    }

    public byte[] Bytes(uint rva, uint length, uint limit)
    {
        if (length > limit)
        {
            throw Problem(rva, $"is 0x{length:x} bytes long; at most 0x{limit:x} are read");
        }

        var bytes = new byte[length];
        Fill(rva, bytes);
        return bytes;
    }

    /// <summary>Reads text up to its terminating zero.</summary>
    public string Text(uint rva) => TryText(rva, out var problem) ?? throw Problem(rva, problem);

    /// <summary>Reads text up to its terminating zero; null, with the reason, if it cannot be read.</summary>
    public string? TryText(uint rva, out string problem)
    {
        problem = string.Empty;
        var bytes = _name.AsSpan();
        var read = image.Read(rva, bytes, out var fault);
        var end = bytes[..read].IndexOf((byte)0);
        if (end < 0 && read == bytes.Length)
        {
            bytes = new byte[Limits.NameBytes];
            read = image.Read(rva, bytes, out fault);
            end = bytes[..read].IndexOf((byte)0);
        }

        _nameBytes += Math.Max(end, 0);
        if (end >= 0 && _nameBytes <= Limits.DirectoryNameBytes)
        {
            return Encoding.UTF8.GetString(bytes[..end]);
        }

        problem = end >= 0 ? $"its names take more than 0x{Limits.DirectoryNameBytes:x} bytes"
            : fault.IsNone ? $"a name has no end within {Limits.NameBytes} bytes"
            : $"a name is cut off: {fault}";
        return null;
    }

    public InputException Problem(uint rva, string reason) =>
        new(image.Name, structure, image.TryGetFileOffset(rva, out var offset) ? offset : rva, reason);
}
