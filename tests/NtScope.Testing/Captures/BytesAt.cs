namespace NtScope.Testing.Captures;

/// <summary>A header under construction: zeros, with values put at offsets.</summary>
internal sealed class BytesAt(int size)
{
    public byte[] Bytes { get; } = new byte[size];

    public BytesAt Put(int offset, ulong value)
    {
        BitConverter.TryWriteBytes(Bytes.AsSpan(offset, 8), value);
        return this;
    }

    public BytesAt Put(int offset, uint value)
    {
        BitConverter.TryWriteBytes(Bytes.AsSpan(offset, 4), value);
        return this;
    }

    public BytesAt Put(int offset, ushort value)
    {
        BitConverter.TryWriteBytes(Bytes.AsSpan(offset, 2), value);
        return this;
    }

    public BytesAt Put(int offset, ReadOnlySpan<byte> value)
    {
        value.CopyTo(Bytes.AsSpan(offset));
        return this;
    }
}
