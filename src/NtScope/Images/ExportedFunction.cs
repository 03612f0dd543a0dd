namespace NtScope.Images;

/// <summary>An exported function or variable.</summary>
/// <param name="Name">Its name; null if it is exported by ordinal only. A function with several names stands here once for each.</param>
/// <param name="Ordinal">Its ordinal, with the directory's base added.</param>
/// <param name="Rva">Where it is, in bytes from the image's base; for a forwarder where the forwarder's text is.</param>
/// <param name="Forwarder">Where it really is (<c>NTDLL.RtlAllocateHeap</c>), or null.</param>
public readonly record struct ExportedFunction(string? Name, uint Ordinal, uint Rva, string? Forwarder);
