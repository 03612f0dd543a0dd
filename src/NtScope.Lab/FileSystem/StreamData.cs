namespace NtScope.Lab.FileSystem;

/// <summary>The bytes of a stream. It grows in steps, so that many small writes do not copy it each time.</summary>
internal sealed class StreamData
{
    private byte[] _bytes = [];

    /// <summary>How many bytes it has.</summary>
    public int Length { get; private set; }

    /// <summary>Files that are open on it.</summary>
    public int Opens { get; set; }

    /// <summary>Whether it goes, and its file stays, when the last file that is open on it is closed. Not used for main streams.</summary>
    public bool DeletePending { get; set; }

    /// <summary>The bytes.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Sets the length; what is new is zero.</summary>
    public void Resize(int length)
    {
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, Math.Min(_bytes.Length * 2, LabLimits.DataBytes)));
        }
        else if (length < Length)
        {
            _bytes.AsSpan(length, Length - length).Clear();
        }

        Length = length;
    }
}
