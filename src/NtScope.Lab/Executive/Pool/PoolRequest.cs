namespace NtScope.Lab.Executive.Pool;

/// <summary>An allocation as a driver asks for it.</summary>
/// <param name="Size">The bytes.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Kind">The pool.</param>
internal readonly record struct PoolRequest(ulong Size, uint Tag, PoolKind Kind)
{
    /// <summary>Whether the block is zeroed.</summary>
    public bool Zero { get; init; }

    /// <summary>Whether a failure is an exception, not 0.</summary>
    public bool Raise { get; init; }

    /// <summary>Whether the block begins at a cache line.</summary>
    public bool CacheAligned { get; init; }

    /// <summary>Whether the current process is charged for it.</summary>
    public bool Quota { get; init; }
}
