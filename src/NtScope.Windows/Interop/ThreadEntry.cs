using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>THREADENTRY32 (tlhelp32.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ThreadEntry
{
    public uint Size;
    public uint Usage;
    public uint ThreadId;
    public uint ProcessId;
    public int BasePriority;
    public int DeltaPriority;
    public uint Flags;
}
