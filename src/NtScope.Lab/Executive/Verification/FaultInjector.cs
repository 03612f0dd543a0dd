using NtScope.Lab.Drivers;

namespace NtScope.Lab.Executive.Verification;

/// <summary>Makes calls fail on purpose: the n-th one, or the first one whose stack has not been tried.</summary>
internal sealed class FaultInjector(FaultInjection plan, LabKernel kernel)
{
    /// <summary>How many calls could have failed.</summary>
    public int Calls { get; private set; }

    /// <summary>The stack of the call that failed; empty if none did.</summary>
    public IReadOnlyList<string> FailedCall { get; private set; } = [];

    /// <summary>Whether the call that is being made is to fail.</summary>
    /// <param name="kind">What sort of call.</param>
    /// <param name="place">Where it comes from.</param>
    public bool ShouldFail(string kind, ulong place)
    {
        Calls++;
        if (Calls != plan.FailCall && (plan.TriedStacks is null || FailedCall.Count > 0))
        {
            return false;
        }

        var stack = kernel.Stack.Walk(0);
        stack = stack.Count > 0 ? stack : [kind, kernel.Drivers.Describe(place)];
        if (Calls != plan.FailCall && !plan.TriedStacks!.Add(string.Join('\n', stack)))
        {
            return false;
        }

        FailedCall = stack;
        return true;
    }
}
