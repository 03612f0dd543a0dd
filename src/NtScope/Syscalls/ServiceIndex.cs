using System.Globalization;

namespace NtScope.Syscalls;

/// <summary>A system service's number as the caller puts it in EAX: table bits and the index in that table.</summary>
/// <param name="Value">The number: nt from 0, win32k from 0x1000, ium from 0x8000000.</param>
public readonly record struct ServiceIndex(uint Value) : IComparable<ServiceIndex>
{
    private const uint NumberMask = 0xFFF;
    private const uint Win32kBase = 0x1000;
    private const uint IumBase = 0x8000000;

    /// <summary>The service at a place in a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="number">The index in the table, from 0; twelve bits.</param>
    public ServiceIndex(ServiceTableKind table, int number)
        : this(BaseOf(table) | ((uint)number & NumberMask))
    {
    }

    /// <summary>The table, or null for table bits that no Windows of today uses (2000h, 3000h).</summary>
    public ServiceTableKind? Table => (Value & ~NumberMask) switch
    {
        0 => ServiceTableKind.Nt,
        Win32kBase => ServiceTableKind.Win32k,
        IumBase => ServiceTableKind.Ium,
        _ => null,
    };

    /// <summary>The index in the table, from 0.</summary>
    public int Number => (int)(Value & NumberMask);

    /// <summary>Whether the left index is lower.</summary>
    public static bool operator <(ServiceIndex left, ServiceIndex right) => left.Value < right.Value;

    /// <summary>Whether the left index is higher.</summary>
    public static bool operator >(ServiceIndex left, ServiceIndex right) => left.Value > right.Value;

    /// <summary>Whether the left index is lower or the same.</summary>
    public static bool operator <=(ServiceIndex left, ServiceIndex right) => left.Value <= right.Value;

    /// <summary>Whether the left index is higher or the same.</summary>
    public static bool operator >=(ServiceIndex left, ServiceIndex right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(ServiceIndex other) => Value.CompareTo(other.Value);

    /// <summary>The number as code shows it: <c>55h</c>, <c>1004h</c>.</summary>
    public override string ToString() => Value.ToString("X", CultureInfo.InvariantCulture) + "h";

    private static uint BaseOf(ServiceTableKind table) => table switch
    {
        ServiceTableKind.Nt => 0,
        ServiceTableKind.Win32k => Win32kBase,
        _ => IumBase,
    };
}
