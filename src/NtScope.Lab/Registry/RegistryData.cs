namespace NtScope.Lab.Registry;

/// <summary>A value's type and bytes.</summary>
/// <param name="Type">REG_SZ 1, REG_BINARY 3, REG_DWORD 4 and so on.</param>
/// <param name="Bytes">The data.</param>
internal sealed record RegistryData(uint Type, byte[] Bytes);
