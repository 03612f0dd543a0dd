namespace NtScope.Images;

/// <summary>The bytes of an image by RVA, wherever they lie.</summary>
internal abstract class ImageContent : IDisposable
{
    /// <summary>Reads the longest readable run that starts at <paramref name="rva"/>.</summary>
    public abstract int Read(uint rva, Span<byte> destination, out ReadFault fault);

    /// <summary>The bytes from <paramref name="rva"/> on, without copying where they lie together; parts that cannot be read are zero.</summary>
    public abstract ReadOnlyMemory<byte> Slice(uint rva, uint length);

    /// <summary>The bytes of a section that are stored, without the zeros behind them.</summary>
    public abstract ReadOnlyMemory<byte> Stored(ImageSection section);

    /// <summary>Where <paramref name="rva"/> stands in the input: an offset in the file, or the RVA itself in memory.</summary>
    public abstract bool TryGetOffset(uint rva, out uint offset);

    public virtual void Dispose()
    {
    }
}
