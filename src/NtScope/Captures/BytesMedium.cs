namespace NtScope.Captures;

/// <summary>A capture in memory.</summary>
internal sealed class BytesMedium(ReadOnlyMemory<byte> bytes, string name) : CaptureMedium(name, bytes.Length)
{
    public override int Read(long offset, Span<byte> destination)
    {
        if ((ulong)offset >= (ulong)bytes.Length)
        {
            return 0;
        }

        var available = bytes.Span[(int)offset..];
        var count = Math.Min(available.Length, destination.Length);
        available[..count].CopyTo(destination);
        return count;
    }
}
