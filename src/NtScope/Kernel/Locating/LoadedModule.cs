namespace NtScope.Kernel.Locating;

/// <summary>An entry of the kernel's list of loaded modules (_KLDR_DATA_TABLE_ENTRY).</summary>
/// <param name="Entry">Where the entry is.</param>
/// <param name="Base">Where the image is mapped (DllBase).</param>
/// <param name="Size">Its size as mapped, in bytes (SizeOfImage).</param>
/// <param name="Name">Its file name (BaseDllName); null if it cannot be read. Untrusted text.</param>
/// <param name="Path">Its full path (FullDllName); null if it cannot be read. Untrusted text.</param>
public sealed record LoadedModule(VirtualAddress Entry, VirtualAddress Base, uint Size, string? Name, string? Path);
