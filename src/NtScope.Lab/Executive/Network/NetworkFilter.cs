namespace NtScope.Lab.Executive.Network;

/// <summary>A filter of the engine: FWPM_FILTER0.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Layer">Where it decides.</param>
/// <param name="SubLayer">The sublayer that it belongs to.</param>
/// <param name="Weight">Its place in the sublayer: the highest first.</param>
/// <param name="Flags">FWPM_FILTER_FLAG.</param>
/// <param name="Action">FWP_ACTION.</param>
/// <param name="Callout">The callout that decides; empty for none.</param>
/// <param name="Context">What the callout is handed in the filter.</param>
/// <param name="Conditions">What must be so.</param>
internal sealed record NetworkFilter(
    ulong Id, FilteringLayer Layer, Guid SubLayer, ulong Weight, uint Flags, uint Action, Guid Callout, ulong Context, IReadOnlyList<FilterCondition> Conditions)
{
    public const uint Block = 0x1001;
    public const uint Permit = 0x1002;
    public const uint CalloutTerminating = 0x5003;
    public const uint CalloutInspection = 0x6004;
    public const uint CalloutUnknown = 0x4005;
    public const uint Continue = 0x2006;
    public const uint ClearActionRight = 0x8;
    public const uint PermitIfUnregistered = 0x10;
    private const uint CalloutFlag = 0x4000;

    /// <summary>Whether a callout decides.</summary>
    public bool HasCallout => (Action & CalloutFlag) != 0;

    /// <summary>Whether traffic is what the filter is for: conditions for one field are alternatives.</summary>
    public bool Matches(NetworkTraffic traffic)
    {
        foreach (var alternatives in Conditions.GroupBy(condition => condition.Field))
        {
            var value = traffic.Of(alternatives.Key);
            if (!alternatives.Any(condition => condition.Matches(value)))
            {
                return false;
            }
        }

        return true;
    }
}
