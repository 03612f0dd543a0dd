using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Windows.Desktops;
using NtScope.Windows.Interop;
using NtScope.Windows.Management;

namespace NtScope.Windows.Agent;

/// <summary>Registers window classes, once a process.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowClasses
{
    private const int ArrowCursor = 32512;
    private const int ClassAlreadyExists = 1410;

    /// <summary>Registers a class; it may be there already.</summary>
    /// <exception cref="DesktopException">The desktop heap is exhausted.</exception>
    public static void Register(string name, delegate* unmanaged<nint, uint, nint, nint, nint> procedure)
    {
        fixed (char* text = name)
        {
            var description = new WindowClass
            {
                Size = (uint)sizeof(WindowClass),
                Procedure = procedure,
                Module = Kernel32.GetModuleHandle(null),
                Cursor = User32.LoadCursor(0, ArrowCursor),
                ClassName = text,
            };
            if (User32.RegisterClass(description) == 0 && Marshal.GetLastPInvokeError() is var error && error != ClassAlreadyExists)
            {
                throw new DesktopException($"the window class {name} cannot be registered: {ErrorText.Of(error)}");
            }
        }
    }
}
