namespace NtScope.Lab.Executive.Calls;

/// <summary>A routine of the executive, as drivers import it.</summary>
/// <param name="Name">Its exported name.</param>
/// <param name="MaximumIrql">The highest level it may be called at.</param>
/// <param name="Handler">What it does; null if it is not implemented, and a call stops the machine.</param>
internal sealed record ApiEntry(string Name, Irql MaximumIrql, ValueHandler? Handler)
{
    /// <summary>Whether it is a system service: what it does for a driver it does in kernel mode.</summary>
    public bool IsService { get; } = Name.StartsWith("Zw", StringComparison.Ordinal);

    /// <summary>The lowest level it may be called at.</summary>
    public Irql MinimumIrql { get; init; }
}
