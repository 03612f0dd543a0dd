namespace NtScope.Lab.Drivers;

/// <summary>How a machine is made.</summary>
public sealed record LabMachineOptions
{
    /// <summary>The bytes of memory that the machine may take.</summary>
    public ulong MemoryBytes { get; init; } = 512UL << 20;

    /// <summary>The basic blocks that a driver may run before it returns to its caller.</summary>
    public long BlockBudget { get; init; } = 50_000_000;

    /// <summary>Whether each access to pool and user memory is checked. Without it the machine is about twice as fast.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Which allocations fail on purpose.</summary>
    public FaultInjection FaultInjection { get; init; } = FaultInjection.None;

    /// <summary>Imports that the executive does not implement and what they are to return, instead of stopping the machine.</summary>
    public IReadOnlyDictionary<string, ulong> ScriptedReturns { get; init; } = new Dictionary<string, ulong>(StringComparer.Ordinal);
}
