namespace NtScope.Debugging.Execution;

/// <summary>How far a target is to run.</summary>
/// <param name="IsStep">Whether it stops before the next instruction.</param>
/// <param name="Until">The instruction that it stops before; null for none.</param>
/// <param name="LeastStackPointer">The stack pointer must be at or above this at <paramref name="Until"/>, so that inner calls do not stop it.</param>
public sealed record RunRequest(bool IsStep = false, VirtualAddress? Until = null, ulong LeastStackPointer = 0)
{
    /// <summary>On, until something stops it.</summary>
    public static RunRequest Go { get; } = new();

    /// <summary>One instruction.</summary>
    public static RunRequest Step { get; } = new(IsStep: true);
}
