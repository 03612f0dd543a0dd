namespace NtScope.Debugging.Execution;

/// <summary>A frame of a stack.</summary>
/// <param name="StackPointer">Where its stack begins.</param>
/// <param name="Address">The instruction that runs, or that is returned to.</param>
public readonly record struct ExecutionFrame(VirtualAddress StackPointer, VirtualAddress Address);
