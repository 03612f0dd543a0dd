namespace NtScope;

/// <summary>Memory that can be read by virtual address. Every address may fail; a failure is a value, never an exception.</summary>
public interface IMemory
{
    /// <summary>The size of a pointer on the target, in bytes: 4 or 8.</summary>
    int PointerSize { get; }

    /// <summary>Reads the longest readable run that starts at <paramref name="address"/>.</summary>
    /// <param name="address">Where to start.</param>
    /// <param name="destination">Where the bytes go; what could not be read is left as it was.</param>
    /// <param name="fault">Why the run ended early; <c>default</c> if it did not.</param>
    /// <returns>The number of bytes read, from 0 to <c>destination.Length</c>.</returns>
    int Read(VirtualAddress address, Span<byte> destination, out ReadFault fault);
}
