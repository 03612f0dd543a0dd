using System.Runtime.InteropServices;

namespace NtScope.Windows.Interop;

/// <summary>SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX (as phnt has it): an open handle of some process.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HandleEntry
{
    public nuint Object;
    public nuint ProcessId;
    public nuint Handle;
    public uint GrantedAccess;
    public ushort CreatorBackTraceIndex;
    public ushort ObjectTypeIndex;
    public uint Attributes;
    public uint Reserved;
}
