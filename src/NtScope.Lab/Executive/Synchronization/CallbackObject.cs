using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Synchronization;

/// <summary>A callback object: routines that one driver has others call.</summary>
/// <param name="allowsSeveral">Whether more than one routine may be registered.</param>
internal sealed class CallbackObject(bool allowsSeveral)
{
    /// <summary>Whether more than one routine may be registered.</summary>
    public bool AllowsSeveral { get; } = allowsSeveral;

    /// <summary>The routines in order of registration, by the handle that takes them out.</summary>
    public List<(ulong Registration, ulong Routine, ulong Context, LoadedDriver? Owner, StackTrace? Origin)> Routines { get; } = [];
}
