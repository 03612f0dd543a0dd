using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>STARTUPINFOW (processthreadsapi.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct StartupInformation
{
    public uint Size;
    public char* Reserved;
    public char* Desktop;
    public char* Title;
    public uint X;
    public uint Y;
    public uint Width;
    public uint Height;
    public uint Columns;
    public uint Rows;
    public uint FillAttribute;
    public uint Flags;
    public ushort ShowWindow;
    public ushort ReservedLength;
    public byte* ReservedBytes;
    public nint StandardInput;
    public nint StandardOutput;
    public nint StandardError;
}
