namespace NtScope.Syscalls;

/// <summary>An entry of a service table as it stands in the memory of a running kernel.</summary>
/// <param name="Raw">The 32 bits as they stand there.</param>
/// <param name="Encoding">How they are encoded.</param>
public readonly record struct ServiceTableEntry(uint Raw, ServiceEntryEncoding Encoding)
{
    /// <summary>The most stack arguments that an entry can count.</summary>
    public const int MaximumStackArguments = 0xF;

    /// <summary>The stack arguments that the entry counts; null for an address, which counts none (x86 keeps them in a table of their own).</summary>
    public int? StackArguments => Encoding == ServiceEntryEncoding.Address ? null : (int)(Raw & MaximumStackArguments);

    /// <summary>The encoding of a kernel by its instruction set and build.</summary>
    public static ServiceEntryEncoding EncodingOf(ProcessorArchitecture architecture, int build) => architecture switch
    {
        ProcessorArchitecture.X86 => ServiceEntryEncoding.Address,
        ProcessorArchitecture.X64 when build is > 0 and < 6000 => ServiceEntryEncoding.MaskedOffset,
        _ => ServiceEntryEncoding.ShiftedOffset,
    };

    /// <summary>The routine that the entry of a table leads to.</summary>
    /// <param name="table">Where the table begins.</param>
    public VirtualAddress RoutineIn(VirtualAddress table) => Encoding switch
    {
        ServiceEntryEncoding.Address => new VirtualAddress(Raw),
        ServiceEntryEncoding.ShiftedOffset => table + unchecked((ulong)((int)Raw >> 4)),
        _ => table + unchecked((ulong)((int)Raw & ~MaximumStackArguments)),
    };

    /// <summary>Encodes an entry.</summary>
    /// <param name="table">Where the table begins.</param>
    /// <param name="routine">The routine it leads to.</param>
    /// <param name="stackArguments">Its stack arguments, 0 to 15; not stored in an address.</param>
    /// <param name="encoding">How to encode it.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False if the routine is too far away, not aligned as the encoding needs, or the count does not fit.</returns>
    public static bool TryEncode(
        VirtualAddress table, VirtualAddress routine, int stackArguments, ServiceEntryEncoding encoding, out ServiceTableEntry entry)
    {
        var offset = unchecked((long)(routine - table));
        var (fits, raw) = encoding switch
        {
            ServiceEntryEncoding.Address => (routine.Value <= uint.MaxValue, unchecked((uint)routine.Value)),
            ServiceEntryEncoding.ShiftedOffset => (offset is >= -(1 << 27) and < 1 << 27, unchecked((uint)(offset << 4) | (uint)stackArguments)),
            _ => (offset is >= int.MinValue and <= int.MaxValue && (offset & MaximumStackArguments) == 0, unchecked((uint)offset | (uint)stackArguments)),
        };
        fits &= stackArguments is >= 0 and <= MaximumStackArguments;
        entry = fits ? new ServiceTableEntry(raw, encoding) : default;
        return fits;
    }
}
