using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>WTS_SESSION_INFOW (wtsapi32.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SessionEntry
{
    public uint SessionId;
    public char* WinStationName;
    public int State;
}
