using System.Buffers.Binary;
using System.Text;
using NtScope.Lab.Registry;

namespace NtScope.Lab.Executive.Configuration;

/// <summary>KEY_INFORMATION and KEY_VALUE_INFORMATION structures (wdm.h).</summary>
internal static class KeyInformation
{
    /// <summary>KeyValuePartialInformation: type and data of a value.</summary>
    public const uint Partial = 2;

    /// <summary>The type and the data in KEY_VALUE_PARTIAL_INFORMATION, as far as they are there.</summary>
    public static RegistryData DataOf(ReadOnlySpan<byte> partial)
    {
        const int Header = 12;
        return partial.Length < Header
            ? new RegistryData(0, [])
            : new RegistryData(BinaryPrimitives.ReadUInt32LittleEndian(partial[4..]), Counted(partial, sizeof(uint) * 2, Header).ToArray());
    }

    /// <summary>The name in KEY_BASIC_INFORMATION or KEY_VALUE_BASIC_INFORMATION, which end with its length and itself.</summary>
    /// <param name="basic">The structure.</param>
    /// <param name="offset">Where the name stands in it.</param>
    public static string NameOf(ReadOnlySpan<byte> basic, int offset) => Encoding.Unicode.GetString(Counted(basic, offset - sizeof(uint), offset));

    private static ReadOnlySpan<byte> Counted(ReadOnlySpan<byte> bytes, int countOffset, int start) =>
        bytes.Length < start ? [] : bytes.Slice(start, (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(bytes[countOffset..]), (uint)(bytes.Length - start)));

    /// <summary>The information about a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="kind">KeyBasicInformation 0, KeyNodeInformation 1, KeyFullInformation 2, KeyNameInformation 3, KeyCachedInformation 4.</param>
    /// <param name="fixedBytes">The bytes in front of what is of variable length.</param>
    /// <returns>Null for a class that is not one of these.</returns>
    public static byte[]? OfKey(RegistryKey key, uint kind, out int fixedBytes)
    {
        const int CachedBytes = 0x28;
        var name = Encoding.Unicode.GetBytes(kind == 3 ? key.Path : key.Name);
        var longestKey = key.Keys.Count == 0 ? 0 : (uint)key.Keys.Keys.Max(child => child.Length) * 2;
        var longestValue = key.Values.Count == 0 ? 0 : (uint)key.Values.Keys.Max(value => value.Length) * 2;
        var longestData = key.Values.Count == 0 ? 0 : (uint)key.Values.Values.Max(value => value.Bytes.Length);
        var (keys, values, length) = ((uint)key.Keys.Count, (uint)key.Values.Count, (uint)name.Length);
        uint[] fields = kind switch
        {
            0 => [0, length],
            1 => [0, uint.MaxValue, 0, length],
            2 => [0, uint.MaxValue, 0, keys, longestKey, 0, values, longestValue, longestData],
            3 => [length],
            4 => [0, keys, longestKey, values, longestValue, longestData, length],
            _ => [],
        };
        var start = kind == 3 ? 0 : sizeof(long);
        fixedBytes = kind == 4 ? CachedBytes : start + (fields.Length * sizeof(uint));
        if (fields.Length == 0)
        {
            return null;
        }

        var bytes = new byte[fixedBytes + (kind is 2 or 4 ? 0 : name.Length)];
        if (start != 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, key.Written);
        }

        WriteFields(bytes.AsSpan(start), fields);
        if (kind is not (2 or 4))
        {
            name.CopyTo(bytes, fixedBytes);
        }

        return bytes;
    }

    /// <summary>The information about a value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">What it holds.</param>
    /// <param name="kind">KeyValueBasicInformation 0, KeyValueFullInformation 1, KeyValuePartialInformation 2.</param>
    /// <param name="fixedBytes">The bytes in front of what is of variable length.</param>
    /// <returns>Null for a class that is not one of these.</returns>
    public static byte[]? OfValue(string name, RegistryData data, uint kind, out int fixedBytes)
    {
        var text = Encoding.Unicode.GetBytes(name);
        fixedBytes = kind == 1 ? 20 : 12;
        var dataOffset = kind == 1 ? (fixedBytes + text.Length + 7) & ~7 : fixedBytes;
        uint[] fields = kind switch
        {
            0 => [0, data.Type, (uint)text.Length],
            1 => [0, data.Type, (uint)dataOffset, (uint)data.Bytes.Length, (uint)text.Length],
            2 => [0, data.Type, (uint)data.Bytes.Length],
            _ => [],
        };
        if (fields.Length == 0)
        {
            return null;
        }

        var bytes = new byte[kind == 0 ? fixedBytes + text.Length : dataOffset + data.Bytes.Length];
        WriteFields(bytes, fields);
        if (kind != 2)
        {
            text.CopyTo(bytes, fixedBytes);
        }

        if (kind != 0)
        {
            data.Bytes.CopyTo(bytes, dataOffset);
        }

        return bytes;
    }

    private static void WriteFields(Span<byte> at, ReadOnlySpan<uint> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at[(i * sizeof(uint))..], fields[i]);
        }
    }
}
