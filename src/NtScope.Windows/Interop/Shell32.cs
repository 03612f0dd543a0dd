using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>shell32.dll: icons of the notification area.</summary>
[SupportedOSPlatform("windows")]
internal static partial class Shell32
{
    [LibraryImport("shell32.dll", EntryPoint = "Shell_NotifyIconW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool NotifyIcon(uint message, in NotifyIcon icon);
}
