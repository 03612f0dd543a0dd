namespace NtScope;

/// <summary>The instruction set of a target or an image.</summary>
public enum ProcessorArchitecture
{
    /// <summary>Not one that NtScope reads.</summary>
    Unknown,

    /// <summary>32-bit x86.</summary>
    X86,

    /// <summary>64-bit x86 (AMD64).</summary>
    X64,

    /// <summary>64-bit ARM.</summary>
    Arm64,
}
