namespace NtScope.Images;

/// <summary>A function, or a part of one, as <c>.pdata</c> describes it.</summary>
/// <param name="Begin">The RVA of its first byte.</param>
/// <param name="End">The RVA behind its last byte.</param>
/// <param name="UnwindData">The RVA of its unwind information; on ARM64 the second word, which may be packed information instead.</param>
public readonly record struct RuntimeFunction(uint Begin, uint End, uint UnwindData);
