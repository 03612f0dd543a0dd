using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>An HWINSTA.</summary>
[SupportedOSPlatform("windows")]
internal sealed class StationHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    public nint Value => handle;

    protected override bool ReleaseHandle() => User32.CloseWindowStation(handle);
}
