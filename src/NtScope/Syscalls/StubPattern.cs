namespace NtScope.Syscalls;

/// <summary>What the code of a stub says, once it was recognised.</summary>
/// <param name="Form">How it enters the kernel.</param>
/// <param name="Eax">What it puts in EAX, or the number of the supervisor call.</param>
/// <param name="StackBytes">The bytes it removes from the stack; null where the caller does that.</param>
internal readonly record struct StubPattern(StubForm Form, uint Eax, int? StackBytes);
