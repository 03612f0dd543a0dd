using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>wtsapi32.dll: terminal services sessions.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Wtsapi32
{
    private const string Library = "wtsapi32.dll";

    [LibraryImport(Library, EntryPoint = "WTSEnumerateSessionsW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool EnumerateSessions(nint server, uint reserved, uint version, out SessionEntry* sessions, out uint count);

    [LibraryImport(Library, EntryPoint = "WTSQuerySessionInformationW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool QuerySessionInformation(nint server, uint session, int informationClass, out char* buffer, out uint bytes);

    [LibraryImport(Library, EntryPoint = "WTSFreeMemory")]
    public static partial void FreeMemory(void* memory);
}
