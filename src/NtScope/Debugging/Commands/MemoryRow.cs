using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>A number in memory as a row.</summary>
/// <param name="Address">Where it stands.</param>
/// <param name="Value">The number; null if it could not be read.</param>
/// <param name="Width">Its hexadecimal digits.</param>
/// <param name="Symbol">What the number points at, if that was asked and has a name.</param>
public sealed record MemoryRow(VirtualAddress Address, ulong? Value, int Width, string? Symbol = null) : IReportRow<MemoryRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("address", "Address"), new("value", "Value"), new("symbol", "Symbol")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => Value is null ? [new Finding("unreadable", $"{Address} could not be read")] : [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Address),
        1 => Cell.Raw(Value, Width),
        _ => Cell.Text(Symbol),
    };
}
