using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>The files that images in memory were loaded from.</summary>
public interface IReferenceImages
{
    /// <summary>The file of <paramref name="image"/>, by the identity of its symbols, else by time stamp and size; null if it is not there.</summary>
    /// <param name="image">An image in memory.</param>
    PeImage? Find(PeImage image);
}
