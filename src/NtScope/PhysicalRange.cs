namespace NtScope;

/// <summary>A run of physical memory.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct PhysicalRange(PhysicalAddress Start, ulong Length)
{
    /// <summary>The first address behind the run.</summary>
    public PhysicalAddress End => Start + Length;

    /// <summary>Whether <paramref name="address"/> lies in the run.</summary>
    public bool Contains(PhysicalAddress address) => address.Value - Start.Value < Length && address >= Start;
}
