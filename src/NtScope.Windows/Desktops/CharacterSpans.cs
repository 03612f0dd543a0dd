namespace NtScope.Windows.Desktops;

/// <summary>Texts in buffers of fixed length.</summary>
internal static class CharacterSpans
{
    /// <summary>The characters before the first null.</summary>
    public static string TrimFromNull(this ReadOnlySpan<char> buffer) => (buffer.IndexOf('\0') is var end && end >= 0 ? buffer[..end] : buffer).ToString();
}
