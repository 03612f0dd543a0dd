using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>OBJECT_ATTRIBUTES (ntdef.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ObjectAttributes
{
    public uint Length;
    public nint RootDirectory;
    public UnicodeString* Name;
    public uint Attributes;
    public nint SecurityDescriptor;
    public nint SecurityQualityOfService;
}
