using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NtScope.Windows.Interop;

/// <summary>ntdll.dll: the object namespace, handle tables, command lines. Each returns an NTSTATUS.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Ntdll
{
    private const string Library = "ntdll.dll";

    [LibraryImport(Library)]
    public static partial int NtOpenDirectoryObject(out nint handle, uint access, in ObjectAttributes attributes);

    [LibraryImport(Library)]
    public static partial int NtQueryDirectoryObject(
        nint directory, byte* buffer, uint length, byte returnSingleEntry, byte restartScan, ref uint context, out uint returned);

    [LibraryImport(Library)]
    public static partial int NtQuerySystemInformation(int informationClass, byte* buffer, uint length, out uint returned);

    [LibraryImport(Library)]
    public static partial int NtQueryInformationProcess(nint process, int informationClass, byte* buffer, uint length, out uint returned);

    [LibraryImport(Library)]
    public static partial int NtQueryObject(nint handle, int informationClass, byte* buffer, uint length, out uint returned);

    [LibraryImport(Library)]
    public static partial uint RtlNtStatusToDosError(int status);
}
