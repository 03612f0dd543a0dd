using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>advapi32.dll: security descriptors, the registry.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Advapi32
{
    private const string Library = "advapi32.dll";

    [LibraryImport(Library, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetKernelObjectSecurity(nint handle, uint information, byte* buffer, uint length, out uint needed);

    [LibraryImport(Library, EntryPoint = "RegOpenKeyExW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int OpenKey(nint root, string path, uint options, uint access, out nint key);

    [LibraryImport(Library, EntryPoint = "RegCreateKeyExW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int CreateKey(
        nint root, string path, uint reserved, nint className, uint options, uint access, nint security, out nint key, out uint disposition);

    [LibraryImport(Library, EntryPoint = "RegQueryValueExW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int QueryValue(nint key, string name, nint reserved, out uint type, byte* data, ref uint length);

    [LibraryImport(Library, EntryPoint = "RegSetValueExW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int SetValue(nint key, string name, uint reserved, uint type, byte* data, uint length);

    [LibraryImport(Library, EntryPoint = "RegDeleteValueW", StringMarshalling = StringMarshalling.Utf16)]
    public static partial int DeleteValue(nint key, string name);

    [LibraryImport(Library, EntryPoint = "RegCloseKey")]
    public static partial int CloseKey(nint key);
}
