using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>PROCESSENTRY32W (tlhelp32.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProcessEntry
{
    public const int NameLength = 260;

    public uint Size;
    public uint Usage;
    public uint ProcessId;
    public nuint DefaultHeap;
    public uint ModuleId;
    public uint Threads;
    public uint ParentProcessId;
    public int PriorityClassBase;
    public uint Flags;
    public fixed char Name[NameLength];
}
