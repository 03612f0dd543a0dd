namespace NtScope.Callbacks.Filters;

/// <summary>
/// What the proofs of one report may read. Data of a hostile filter manager can look like a list's head at every place, and each list can hold
/// what the others hold.
/// </summary>
internal sealed class ProofAllowance
{
    private int _left = Limits.FilterProofReads;

    /// <summary>Whether nothing more may be read, so that what was read last proves nothing.</summary>
    public bool IsUsedUp => _left <= 0;

    /// <summary>Takes reads; false if so many are not left.</summary>
    public bool TryTake(int reads)
    {
        _left = Math.Max(0, _left - reads);
        return _left > 0;
    }
}
