using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>An HDESK. Never inherited by children, never shared between threads that bind to it.</summary>
[SupportedOSPlatform("windows")]
internal sealed class DesktopHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    public nint Value => handle;

    protected override bool ReleaseHandle() => User32.CloseDesktop(handle);
}
