namespace NtScope.Fuzz;

/// <summary>What one case may cost, however hostile its input, and when a run gives up.</summary>
internal static class FuzzBounds
{
    public const long Allocation = 256L << 20;

    public const int Failures = 20;

    /// <summary>After how many cases a long run says how far it is.</summary>
    public const int ReportedCases = 1000;

    public static TimeSpan Time { get; } = TimeSpan.FromSeconds(2);

    public static TimeSpan Hang { get; } = TimeSpan.FromSeconds(60);
}
