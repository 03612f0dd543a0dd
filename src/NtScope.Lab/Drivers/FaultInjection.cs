namespace NtScope.Lab.Drivers;

/// <summary>Which calls of drivers fail on purpose: allocations, devices, registrations.</summary>
public sealed record FaultInjection
{
    /// <summary>No call fails.</summary>
    public static FaultInjection None { get; } = new();

    /// <summary>The number of the call that fails, counted from 1; 0 for none.</summary>
    public int FailCall { get; init; }

    /// <summary>
    /// Stacks of calls that have failed before: the first call with another stack fails, and its stack is added. Run after run with the
    /// same set, each call fails once. Null for no such failure.
    /// </summary>
    public ISet<string>? TriedStacks { get; init; }
}
