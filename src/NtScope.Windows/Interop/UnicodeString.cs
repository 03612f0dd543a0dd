using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>UNICODE_STRING (ntdef.h): lengths in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct UnicodeString
{
    public ushort Length;
    public ushort MaximumLength;
    public char* Buffer;
}
