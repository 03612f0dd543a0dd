namespace NtScope.Lab.Machine.Images;

/// <summary>What an image's file holds at a place where memory holds something else.</summary>
/// <param name="Rva">Where.</param>
/// <param name="Bytes">What the file holds there.</param>
internal sealed record ImagePart(uint Rva, byte[] Bytes);
