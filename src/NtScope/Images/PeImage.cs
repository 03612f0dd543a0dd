namespace NtScope.Images;

/// <summary>A PE image, from a file, a stream, bytes, or mapped in memory.</summary>
public sealed class PeImage
{
}
