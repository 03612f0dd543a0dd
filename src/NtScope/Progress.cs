namespace NtScope;

/// <summary>How far a long job is, for whoever shows it.</summary>
/// <param name="Activity">What is being done, as a person reads it (<c>reading images</c>).</param>
/// <param name="Done">How much is done, in <paramref name="Unit"/>.</param>
/// <param name="Total">How much there is in all; null if that is not known.</param>
/// <param name="Unit">What is counted.</param>
public readonly record struct Progress(string Activity, long Done, long? Total, ProgressUnit Unit = ProgressUnit.Items);
