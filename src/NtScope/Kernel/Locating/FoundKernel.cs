using NtScope.Images;

namespace NtScope.Kernel.Locating;

/// <summary>The kernel of a machine.</summary>
/// <param name="Base">Where its image begins.</param>
/// <param name="Image">The image as mapped.</param>
/// <param name="Evidence">How it was found, as the end of a sentence: <c>by the list of loaded modules</c>.</param>
public sealed record FoundKernel(VirtualAddress Base, PeImage Image, string Evidence);
