namespace NtScope.Lab.Drivers;

/// <summary>Which allocations of drivers fail on purpose.</summary>
public sealed record FaultInjection
{
    /// <summary>No call fails.</summary>
    public static FaultInjection None { get; } = new();

    /// <summary>The number of the call that fails, counted from 1; 0 for none.</summary>
    public int FailCall { get; init; }

    /// <summary>Whether the first call from each place in a driver fails.</summary>
    public bool FailEachPlaceOnce { get; init; }
}
