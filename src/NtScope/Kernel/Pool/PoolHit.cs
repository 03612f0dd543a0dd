namespace NtScope.Kernel.Pool;

/// <summary>A place in physical memory where a pool header with a wanted tag may stand.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Header">Where the pool header (_POOL_HEADER) begins.</param>
public readonly record struct PoolHit(PoolTag Tag, PhysicalAddress Header);
