using System.Runtime.InteropServices;
using NtScope.Desktops.Security;

namespace NtScope.Windows.Desktops;

/// <summary>Opens an object with all the rights that are granted and tells which are not.</summary>
internal static class RightsProbe
{
    /// <summary>Opens with every wanted right, else with those that are granted one by one; null if none is.</summary>
    /// <param name="wanted">The rights.</param>
    /// <param name="open">Opens the object with an access mask; an invalid handle leaves its error in the thread's last error.</param>
    /// <param name="missing">The rights that were refused.</param>
    /// <param name="error">Why nothing could be opened; 0 if something could.</param>
    public static THandle? Open<THandle>(IReadOnlyList<AccessRight> wanted, Func<uint, THandle> open, out IReadOnlyList<AccessRight> missing, out int error)
        where THandle : SafeHandle
    {
        missing = [];
        var handle = TryOpen(open, wanted.Aggregate(0u, static (mask, right) => mask | right.Mask), out error);
        if (handle is not null || error != ErrorText.AccessDenied)
        {
            return handle;
        }

        var granted = 0u;
        var refused = new List<AccessRight>();
        foreach (var right in wanted)
        {
            using var single = TryOpen(open, right.Mask, out _);
            if (single is null)
            {
                refused.Add(right);
            }
            else
            {
                granted |= right.Mask;
            }
        }

        missing = refused;
        return granted == 0 ? null : TryOpen(open, granted, out error);
    }

    private static THandle? TryOpen<THandle>(Func<uint, THandle> open, uint access, out int error)
        where THandle : SafeHandle
    {
        var handle = open(access);
        error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (!handle.IsInvalid)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }
}
