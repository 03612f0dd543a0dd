namespace NtScope.Lab.Executive.Pool;

/// <summary>Which pool a block is from.</summary>
internal enum PoolKind
{
    /// <summary>Memory that is always there.</summary>
    NonPaged,

    /// <summary>Memory that is always there and may hold code.</summary>
    NonPagedExecute,

    /// <summary>Memory that may be paged out: not to be touched at DISPATCH_LEVEL.</summary>
    Paged,
}
