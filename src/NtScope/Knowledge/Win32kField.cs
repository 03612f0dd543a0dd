namespace NtScope.Knowledge;

/// <summary>A field of a win32k session structure.</summary>
/// <param name="Offset">Bytes from the start of the structure.</param>
/// <param name="NeedsValidation">Whether the value is carried over from Windows 7 and must be checked against memory before it is trusted.</param>
public readonly record struct Win32kField(uint Offset, bool NeedsValidation);
