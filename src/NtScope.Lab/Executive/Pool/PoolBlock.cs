using NtScope.Lab.Executive.Modules;
using NtScope.Lab.Executive.Verification;

namespace NtScope.Lab.Executive.Pool;

/// <summary>An allocation that has not been freed.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Size">The bytes that were asked for.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Kind">The pool.</param>
/// <param name="Owner">The driver that asked; null for the executive.</param>
/// <param name="Origin">The call that made it; null for the machine itself.</param>
/// <param name="Billed">The process that is charged for it; 0 for none.</param>
internal readonly record struct PoolBlock(ulong Address, ulong Size, uint Tag, PoolKind Kind, LoadedDriver? Owner, StackTrace? Origin, ulong Billed = 0);
