namespace NtScope.Lab.Cpu;

/// <summary>Why and where the processor stopped.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Rip">The instruction that could not complete; behind it for halts and software interrupts.</param>
/// <param name="Detail">A vector or an address, as the kind says.</param>
/// <param name="Access">What was tried, for memory faults.</param>
internal readonly record struct CpuStop(CpuStopKind Kind, ulong Rip, ulong Detail = 0, MemoryAccess Access = MemoryAccess.None);
