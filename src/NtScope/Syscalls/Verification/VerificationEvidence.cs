namespace NtScope.Syscalls.Verification;

/// <summary>What a finding rests on, the strongest first.</summary>
public enum VerificationEvidence
{
    /// <summary>The image's own file, matched by identity.</summary>
    File,

    /// <summary>What is embedded of this very image.</summary>
    Knowledge,

    /// <summary>Who owns what an address leads to, and copies that contradict each other: weaker, for legitimate software can look alike.</summary>
    Structure,
}
