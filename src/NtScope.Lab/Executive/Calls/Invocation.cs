namespace NtScope.Lab.Executive.Calls;

/// <summary>A call from the executive into a driver that has not returned. A thread's calls nest.</summary>
/// <param name="CallerRip">Where the driver code below called the executive; 0 if the executive called by itself.</param>
/// <param name="CallerRsp">That code's stack pointer after its call returns.</param>
/// <param name="Caller">The routine that was called there.</param>
internal readonly record struct Invocation(ulong CallerRip, ulong CallerRsp, ApiEntry? Caller);
