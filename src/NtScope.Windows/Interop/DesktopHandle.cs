using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>An HDESK. Never inherited by children, never shared between threads that bind to it.</summary>
[SupportedOSPlatform("windows")]
internal sealed class DesktopHandle : SafeHandle
{
    public DesktopHandle()
        : base(0, ownsHandle: true)
    {
    }

    public DesktopHandle(nint value)
        : base(0, ownsHandle: true)
    {
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    public nint Value => handle;

    protected override bool ReleaseHandle() => User32.CloseDesktop(handle);
}
