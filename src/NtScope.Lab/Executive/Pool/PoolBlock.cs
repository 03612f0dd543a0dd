using NtScope.Lab.Executive.Modules;

namespace NtScope.Lab.Executive.Pool;

/// <summary>An allocation that has not been freed.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Size">The bytes that were asked for.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Kind">The pool.</param>
/// <param name="Owner">The driver that asked; null for the executive.</param>
/// <param name="AllocatedAt">The place of the call.</param>
/// <param name="Billed">The process that is charged for it; 0 for none.</param>
internal readonly record struct PoolBlock(ulong Address, ulong Size, uint Tag, PoolKind Kind, LoadedDriver? Owner, ulong AllocatedAt, ulong Billed = 0);
