using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>A module as a row.</summary>
/// <param name="Module">The module.</param>
public sealed record LoadedModuleRow(Module Module) : IReportRow<LoadedModuleRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
        [new("name", "Name"), new("base", "Base"), new("size", "Size", AlignRight: true), new("path", "Path"), new("pdb", "PDB")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Module.Name),
        1 => Cell.Address(Module.Base),
        2 => Cell.Number(Module.Size),
        3 => Cell.Text(Module.Path),
        _ => Cell.Text(Module.Pdb?.ToString()),
    };
}
