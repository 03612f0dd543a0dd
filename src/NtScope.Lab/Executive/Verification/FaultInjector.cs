using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Verification;

/// <summary>Makes calls fail on purpose: the n-th one, or each that comes from a new place.</summary>
internal sealed class FaultInjector(FaultInjection plan)
{
    private readonly HashSet<(string Kind, ulong Place)> _places = [];
    private int _calls;

    /// <summary>How many calls could have failed.</summary>
    public int Calls => _calls;

    /// <summary>Whether the call that is being made is to fail.</summary>
    /// <param name="kind">What sort of call.</param>
    /// <param name="place">Where it comes from.</param>
    public bool ShouldFail(string kind, ulong place)
    {
        var number = ++_calls;
        return number == plan.FailCall || (plan.FailEachPlaceOnce && _places.Add((kind, place)));
    }
}
