namespace NtScope.Captures;

/// <summary>The bytes that a capture is stored in, read by position. Never the whole of it is in memory.</summary>
internal abstract class CaptureMedium(string name, long length) : IDisposable
{
    /// <summary>The name that messages use.</summary>
    public string Name { get; } = name;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; } = length;

    /// <summary>Reads at <paramref name="offset"/>; fewer bytes than asked for at the end or where the device fails.</summary>
    public abstract int Read(long offset, Span<byte> destination);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Reads all of a structure, or throws an error that names it.</summary>
    /// <exception cref="InputException">The medium ends before the structure does.</exception>
    public byte[] ReadStructure(long offset, int size, string structure)
    {
        if (offset < 0 || offset > Length || size > Length - offset)
        {
            throw new InputException(Name, structure, offset, $"needs {size} bytes, but the file ends at 0x{Length:x}: is the copy complete?");
        }

        var bytes = new byte[size];
        if (Read(offset, bytes) != size)
        {
            throw new InputException(Name, structure, offset, "could not be read from the medium");
        }

        return bytes;
    }
}
