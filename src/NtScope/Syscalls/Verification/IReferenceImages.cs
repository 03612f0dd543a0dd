using NtScope.Images;

namespace NtScope.Syscalls.Verification;

/// <summary>The files that images in memory were loaded from.</summary>
public interface IReferenceImages
{
    /// <summary>Where they are, as the user named it.</summary>
    string Name { get; }

    /// <summary>The file of <paramref name="image"/>, by the identity of its symbols, else by time stamp and size; null if it is not there.</summary>
    /// <param name="image">An image in memory.</param>
    PeImage? Find(PeImage image);

    /// <summary>An image that is called <paramref name="fileName"/> but need not be the one that is looked for; null if there is none.</summary>
    PeImage? Named(string fileName);
}
