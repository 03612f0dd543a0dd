namespace NtScope.Lab.Drivers;

/// <summary>Something that a driver did wrong.</summary>
/// <param name="Kind">What sort, in kebab case: <c>pool-leak</c>, <c>irql</c>, <c>bug-check</c>.</param>
/// <param name="Detail">One sentence, without a full stop.</param>
/// <param name="Driver">The driver's file name; null if no driver's code is involved.</param>
/// <param name="Routine">The executive routine or the driver's routine that it happened in; null if unknown.</param>
/// <param name="Stack">The frames, innermost first; may be empty.</param>
public sealed record LabFinding(string Kind, string Detail, string? Driver, string? Routine, IReadOnlyList<string> Stack)
{
    /// <inheritdoc/>
    public override string ToString() => Driver is null ? $"{Kind}: {Detail}" : $"{Kind}: {Driver}: {Detail}";
}
