using NtScope.Captures;

namespace NtScope.Fuzz.Machines;

/// <summary>A capture in memory that remembers which bytes were read.</summary>
internal sealed class RecordingMedium(byte[] bytes) : CaptureMedium("capture", bytes.Length)
{
    private const int Unit = sizeof(ulong);

    private readonly HashSet<int> _read = [];

    /// <summary>Where eight bytes begin of which some were read, ascending.</summary>
    public int[] Places => [.. _read.Order()];

    public override int Read(long offset, Span<byte> destination)
    {
        if ((ulong)offset >= (ulong)bytes.Length)
        {
            return 0;
        }

        var length = Math.Min(destination.Length, bytes.Length - (int)offset);
        bytes.AsSpan((int)offset, length).CopyTo(destination);
        for (var at = (int)offset / Unit; at * Unit < offset + length; at++)
        {
            _read.Add(at * Unit);
        }

        return length;
    }
}
