namespace NtScope.Captures;

/// <summary>A page of a medium at a time, for structures that follow one another in small steps.</summary>
internal sealed class MediumWindow(CaptureMedium medium)
{
    private const int Size = 0x1000;

    private readonly byte[] _bytes = new byte[Size];
    private long _start;
    private int _length;

    /// <summary>The medium.</summary>
    public CaptureMedium Medium => medium;

    /// <summary>The bytes at a place, valid until the next call.</summary>
    /// <param name="offset">Where they are in the medium.</param>
    /// <param name="size">How many, a page at most.</param>
    /// <param name="structure">What they are, for the error.</param>
    /// <exception cref="InputException">The medium ends before the structure does.</exception>
    public ReadOnlySpan<byte> Structure(long offset, int size, string structure)
    {
        if (offset < 0 || offset > medium.Length || size > medium.Length - offset)
        {
            throw new InputException(medium.Name, structure, offset, $"needs {size} bytes, but the file ends at 0x{medium.Length:x}: is the copy complete?");
        }

        if (offset < _start || offset + size > _start + _length)
        {
            (_start, _length) = (offset, medium.Read(offset, _bytes));
            if (_length < size)
            {
                throw new InputException(medium.Name, structure, offset, "could not be read from the medium");
            }
        }

        return _bytes.AsSpan((int)(offset - _start), size);
    }
}
