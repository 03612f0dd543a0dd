namespace NtScope.Lab.Machine.Processors;

/// <summary>A processor of the machine.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="ControlRegion">Its <c>_KPCR</c>.</param>
/// <param name="ControlBlock">Its <c>_KPRCB</c>.</param>
/// <param name="Context">Where its registers are saved: a <c>_CONTEXT</c>.</param>
/// <param name="ContextSize">The size of that, in bytes.</param>
public sealed record LabProcessor(int Number, VirtualAddress ControlRegion, VirtualAddress ControlBlock, VirtualAddress Context, int ContextSize);
