namespace NtScope.Kernel.Processes;

/// <summary>How processes and threads are looked for.</summary>
public sealed record SurveyOptions : WalkOptions
{
    /// <summary>Whether physical memory is scanned for pool tags. It is what takes time.</summary>
    public bool ScanPool { get; init; } = true;

    /// <summary>Told how far the scan is.</summary>
    public IProgress<Progress>? Progress { get; init; }
}
