using NtScope.Reports;

namespace NtScope.Debugging.Disassembly;

/// <summary>An instruction as a row.</summary>
/// <param name="Line">The instruction.</param>
/// <param name="Symbol">Where it stands, relative to a symbol; null if nothing names it.</param>
public sealed record CodeRow(CodeLine Line, string? Symbol) : IReportRow<CodeRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("address", "Address"), new("symbol", "Symbol"), new("bytes", "Bytes"), new("text", "Instruction")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Address(Line.Address),
        1 => Cell.Text(Symbol),
        2 => Cell.Text(Convert.ToHexStringLower([.. Line.Bytes])),
        _ => Cell.Text(Line.Text),
    };
}
