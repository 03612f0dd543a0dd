using System.Globalization;

namespace NtScope;

/// <summary>An address on the memory bus, as page tables hold it.</summary>
/// <param name="Value">The address, in bytes.</param>
public readonly record struct PhysicalAddress(ulong Value) : IComparable<PhysicalAddress>
{
    /// <summary>The first byte of memory.</summary>
    public static PhysicalAddress Zero => default;

    /// <summary>Whether this is the address zero.</summary>
    public bool IsZero => Value == 0;

    /// <summary>The address <paramref name="bytes"/> further up; wraps at 2^64 as the processor does.</summary>
    public static PhysicalAddress operator +(PhysicalAddress address, ulong bytes) => new(unchecked(address.Value + bytes));

    /// <summary>The address <paramref name="bytes"/> further down; wraps at zero as the processor does.</summary>
    public static PhysicalAddress operator -(PhysicalAddress address, ulong bytes) => new(unchecked(address.Value - bytes));

    /// <summary>The distance in bytes from <paramref name="right"/> up to <paramref name="left"/>.</summary>
    public static ulong operator -(PhysicalAddress left, PhysicalAddress right) => unchecked(left.Value - right.Value);

    /// <summary>Whether the left address is lower.</summary>
    public static bool operator <(PhysicalAddress left, PhysicalAddress right) => left.Value < right.Value;

    /// <summary>Whether the left address is higher.</summary>
    public static bool operator >(PhysicalAddress left, PhysicalAddress right) => left.Value > right.Value;

    /// <summary>Whether the left address is lower or equal.</summary>
    public static bool operator <=(PhysicalAddress left, PhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Whether the left address is higher or equal.</summary>
    public static bool operator >=(PhysicalAddress left, PhysicalAddress right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(PhysicalAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address as reports write it: <c>0x1ad000</c>.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
