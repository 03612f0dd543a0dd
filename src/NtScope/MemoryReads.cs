using System.Buffers.Binary;

namespace NtScope;

/// <summary>Typed reads over <see cref="IMemory"/>. Each returns false, with the fault, if a single byte is missing. Little endian.</summary>
public static class MemoryReads
{
    /// <summary>Fills all of <paramref name="destination"/>, or fails.</summary>
    public static bool TryRead(this IMemory memory, VirtualAddress address, Span<byte> destination, out ReadFault fault) =>
        memory.Read(address, destination, out fault) == destination.Length;

    /// <summary>Reads one byte.</summary>
    public static bool TryReadByte(this IMemory memory, VirtualAddress address, out byte value, out ReadFault fault)
    {
        Span<byte> bytes = stackalloc byte[1];
        var read = memory.TryRead(address, bytes, out fault);
        value = read ? bytes[0] : default;
        return read;
    }

    /// <summary>Reads two bytes.</summary>
    public static bool TryReadUInt16(this IMemory memory, VirtualAddress address, out ushort value, out ReadFault fault)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        var read = memory.TryRead(address, bytes, out fault);
        value = read ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Reads four bytes.</summary>
    public static bool TryReadUInt32(this IMemory memory, VirtualAddress address, out uint value, out ReadFault fault)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        var read = memory.TryRead(address, bytes, out fault);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Reads eight bytes.</summary>
    public static bool TryReadUInt64(this IMemory memory, VirtualAddress address, out ulong value, out ReadFault fault)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var read = memory.TryRead(address, bytes, out fault);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : default;
        return read;
    }

    /// <summary>Reads a pointer of the target's size.</summary>
    public static bool TryReadPointer(this IMemory memory, VirtualAddress address, out VirtualAddress value, out ReadFault fault)
    {
        if (memory.PointerSize == sizeof(uint))
        {
            var readNarrow = memory.TryReadUInt32(address, out var narrow, out fault);
            value = new VirtualAddress(narrow);
            return readNarrow;
        }

        var read = memory.TryReadUInt64(address, out var wide, out fault);
        value = new VirtualAddress(wide);
        return read;
    }
}
