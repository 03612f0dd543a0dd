using NtScope.Lab.Machine.Memory;

namespace NtScope.Lab.Machine.Images;

/// <summary>An image of the machine with what its file differs in.</summary>
/// <param name="Image">The image.</param>
/// <param name="Space">An address space that maps it.</param>
/// <param name="FileParts">What its file holds instead of what the machine wrote while it ran.</param>
internal sealed record MachineImage(LabImage Image, LabAddressSpace Space, IEnumerable<ImagePart> FileParts);
