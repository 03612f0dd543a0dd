namespace NtScope.Lab.Executive.Exceptions;

/// <summary>A frame of a stack walk.</summary>
/// <param name="Rsp">The stack pointer.</param>
/// <param name="Rip">The instruction that runs or is returned to; of an executive routine its address.</param>
/// <param name="IsReturn">Whether it is where the executive called the driver from.</param>
/// <param name="Problem">Why the walk ends here; null for a frame.</param>
internal readonly record struct StackFrame(ulong Rsp, ulong Rip, bool IsReturn = false, string? Problem = null);
