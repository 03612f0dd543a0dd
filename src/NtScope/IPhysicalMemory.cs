namespace NtScope;

/// <summary>Memory that can be read by physical address: what a capture holds. It has holes.</summary>
public interface IPhysicalMemory
{
    /// <summary>The runs of pages that are present, ascending and disjoint.</summary>
    IReadOnlyList<PhysicalRange> Ranges { get; }

    /// <summary>Reads the longest readable run that starts at <paramref name="address"/>.</summary>
    /// <param name="address">Where to start.</param>
    /// <param name="destination">Where the bytes go; what could not be read is left as it was.</param>
    /// <param name="fault">Why the run ended early; <c>default</c> if it did not.</param>
    /// <returns>The number of bytes read, from 0 to <c>destination.Length</c>.</returns>
    int Read(PhysicalAddress address, Span<byte> destination, out ReadFault fault);
}
