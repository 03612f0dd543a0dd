using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using NtScope.Desktops.Security;
using NtScope.Windows.Interop;

namespace NtScope.Windows.Desktops;

/// <summary>Opens an object with all the rights that are granted and tells which are not.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class RightsProbe
{
    private const uint MaximumAllowed = 0x02000000;
    private const int BasicInformation = 0;
    private const int BasicInformationBytes = 56;

    /// <summary>Opens with all that the descriptor grants (MAXIMUM_ALLOWED); null if that is nothing.</summary>
    /// <param name="wanted">The rights.</param>
    /// <param name="open">Opens the object with an access mask; an invalid handle leaves its error in the thread's last error.</param>
    /// <param name="missing">The wanted rights that are not granted.</param>
    /// <param name="error">Why nothing could be opened; 0 if something could.</param>
    public static THandle? Open<THandle>(IReadOnlyList<AccessRight> wanted, Func<uint, THandle> open, out IReadOnlyList<AccessRight> missing, out int error)
        where THandle : SafeHandle
    {
        var handle = open(MaximumAllowed);
        if (handle.IsInvalid)
        {
            error = Marshal.GetLastPInvokeError();
            missing = error == ErrorText.AccessDenied ? wanted : [];
            handle.Dispose();
            return null;
        }

        error = 0;
        missing = Missing(handle.DangerousGetHandle(), wanted);
        return handle;
    }

    /// <summary>The wanted rights that a handle does not grant.</summary>
    public static IReadOnlyList<AccessRight> Missing(nint handle, IReadOnlyList<AccessRight> wanted)
    {
        // OBJECT_BASIC_INFORMATION (ntdef.h): the attributes, then the access that the handle grants.
        var buffer = stackalloc uint[BasicInformationBytes / sizeof(uint)];
        if (Ntdll.NtQueryObject(handle, BasicInformation, (byte*)buffer, BasicInformationBytes, out _) < 0)
        {
            return [];
        }

        var granted = buffer[1];
        return [.. wanted.Where(right => (granted & right.Mask) == 0)];
    }
}
