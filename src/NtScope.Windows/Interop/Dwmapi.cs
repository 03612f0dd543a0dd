using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>dwmapi.dll: what hides a window although it is visible.</summary>
[SupportedOSPlatform("windows")]
internal static partial class Dwmapi
{
    /// <summary>DWMWA_CLOAKED.</summary>
    public const uint Cloaked = 14;

    [LibraryImport("dwmapi.dll", EntryPoint = "DwmGetWindowAttribute")]
    public static partial int GetWindowAttribute(nint window, uint attribute, out uint value, uint size);
}
