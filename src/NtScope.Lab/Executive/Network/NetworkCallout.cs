using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Network;

/// <summary>A callout that a driver has registered: FWPS_CALLOUT.</summary>
/// <param name="Id">The number that it is known by.</param>
/// <param name="Key">Its identifier.</param>
/// <param name="Version">The form of its routines, 0 to 3.</param>
/// <param name="Flags">FWP_CALLOUT_FLAG.</param>
/// <param name="Classify">The routine that decides.</param>
/// <param name="Notify">The routine that is told of filters.</param>
/// <param name="FlowDelete">The routine that is told of the end of flows; 0 for none.</param>
/// <param name="Owner">The driver.</param>
internal sealed record NetworkCallout(uint Id, Guid Key, int Version, uint Flags, ulong Classify, ulong Notify, ulong FlowDelete, LoadedDriver? Owner)
{
    /// <summary>The call that made it.</summary>
    public StackTrace? Origin { get; init; }
}
