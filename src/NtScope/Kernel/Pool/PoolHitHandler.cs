namespace NtScope.Kernel.Pool;

/// <summary>Receives a candidate of a scan.</summary>
/// <param name="hit">Where it is.</param>
/// <param name="page">The bytes from its pool header to the end of its page, or of what is readable.</param>
public delegate void PoolHitHandler(PoolHit hit, ReadOnlySpan<byte> page);
