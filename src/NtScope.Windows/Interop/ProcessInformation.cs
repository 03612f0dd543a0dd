using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>PROCESS_INFORMATION (processthreadsapi.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessInformation
{
    public nint Process;
    public nint Thread;
    public uint ProcessId;
    public uint ThreadId;
}
