namespace NtScope.Lab.Executive.Network;

/// <summary>A value of a field or of a condition: FWP_VALUE0 and FWP_CONDITION_VALUE0 without pointers.</summary>
/// <param name="Type">FWP_DATA_TYPE.</param>
/// <param name="Number">A number, an IPv4 address, the length of an IPv6 prefix.</param>
/// <param name="Bytes">An IPv6 address or a path; null for numbers.</param>
internal readonly record struct FieldValue(uint Type, ulong Number, byte[]? Bytes = null)
{
    public const uint Empty = 0;
    public const uint UInt8 = 1;
    public const uint UInt16 = 2;
    public const uint UInt32 = 3;
    public const uint UInt64 = 4;
    public const uint ByteArray16 = 11;
    public const uint ByteBlob = 12;
    public const uint AddressAndMask = 0x100;
    public const uint AddressAndPrefix = 0x101;
    public const uint Range = 0x102;

    /// <summary>Orders two values of one type.</summary>
    public int Compare(FieldValue other) => Bytes is null || other.Bytes is null ? Number.CompareTo(other.Number) : Bytes.AsSpan().SequenceCompareTo(other.Bytes);
}
