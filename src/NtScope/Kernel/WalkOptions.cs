namespace NtScope.Kernel;

/// <summary>How a machine's memory is walked.</summary>
public record WalkOptions
{
    /// <summary>Ends the walk with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }
}
