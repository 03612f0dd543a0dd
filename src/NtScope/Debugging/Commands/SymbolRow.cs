using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>A symbol as a row.</summary>
/// <param name="Place">The symbol.</param>
public sealed record SymbolRow(SymbolPlace Place) : IReportRow<SymbolRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("address", "Address"), new("module", "Module"), new("name", "Name")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Place.Address),
        1 => Cell.Text(Place.Module.Name),
        _ => Cell.Text(Place.Name),
    };
}
