using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>A handle that CloseHandle closes: a process, a mutex, a snapshot, a directory object.</summary>
[SupportedOSPlatform("windows")]
internal sealed class KernelHandle : SafeHandle
{
    public KernelHandle()
        : base(0, ownsHandle: true)
    {
    }

    public KernelHandle(nint value)
        : base(0, ownsHandle: true)
    {
        SetHandle(value);
    }

    public override bool IsInvalid => handle is 0 or -1;

    public nint Value => handle;

    protected override bool ReleaseHandle() => Kernel32.CloseHandle(handle);
}
