using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>ole32.dll: COM. Each returns an HRESULT.</summary>
[SupportedOSPlatform("windows")]
internal static partial class Ole32
{
    private const string Library = "ole32.dll";

    [LibraryImport(Library)]
    public static partial int CoInitializeEx(nint reserved, uint model);

    [LibraryImport(Library)]
    public static partial void CoUninitialize();

    [LibraryImport(Library)]
    public static partial int CoCreateInstance(in Guid classId, nint outer, uint context, in Guid interfaceId, out nint instance);
}
