namespace NtScope.Syscalls;

/// <summary>How a running kernel encodes the entries of a service table.</summary>
public enum ServiceEntryEncoding
{
    /// <summary>The address of the routine in 32 bits (x86).</summary>
    Address,

    /// <summary>Bits 4 to 31 are the signed offset from the table's start, bits 0 to 3 the count of stack arguments (x64 since Vista, ARM64).</summary>
    ShiftedOffset,

    /// <summary>The offset from the table's start with the count of stack arguments in its low four bits, not shifted (x64 before Vista: 3790).</summary>
    MaskedOffset,
}
