namespace NtScope.Knowledge;

/// <summary>A system service of one real kernel.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name (<c>NtCreateFile</c>).</param>
/// <param name="Rva">Where its routine is, in bytes from the kernel's base.</param>
public readonly record struct KnownService(int Index, string Name, uint Rva);
