namespace NtScope.Debugging.Execution;

/// <summary>Where and why a target stopped.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Address">The instruction that comes next; zero if it runs no code.</param>
/// <param name="Output">What the target said while it ran: untrusted text, in lines.</param>
public sealed record ExecutionStop(StopKind Kind, VirtualAddress Address, string Output);
