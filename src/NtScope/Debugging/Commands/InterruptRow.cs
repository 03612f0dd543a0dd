using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>An interrupt gate as a row.</summary>
/// <param name="Vector">The vector.</param>
/// <param name="Handler">The handler's address.</param>
/// <param name="Symbol">The handler's name; null if nothing names it.</param>
public sealed record InterruptRow(int Vector, VirtualAddress Handler, string? Symbol) : IReportRow<InterruptRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("vector", "Vector"), new("address", "Address"), new("symbol", "Symbol")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => Symbol is null ? [new Finding("outside-modules", $"{Handler} lies in no module")] : [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Raw((ulong)Vector, 2),
        1 => Cell.Address(Handler),
        _ => Cell.Text(Symbol),
    };
}
