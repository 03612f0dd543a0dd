using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>A stop as a row.</summary>
/// <param name="Stop">The stop.</param>
/// <param name="Breakpoint">The number of the breakpoint that was hit; null for none.</param>
/// <param name="Instruction">The instruction that comes next; null if it runs no code.</param>
public sealed record StopRow(ExecutionStop Stop, int? Breakpoint, string? Instruction) : IReportRow<StopRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
        [new("kind", "Kind"), new("address", "Address"), new("breakpoint", "Breakpoint", AlignRight: true), new("instruction", "Instruction"), new("output", "Output")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Stop.Kind.ToString()),
        1 => Cell.Address(Stop.Address.IsZero ? null : Stop.Address),
        2 => Breakpoint is { } number ? Cell.Number(number) : Cell.Text(null),
        3 => Cell.Text(Instruction),
        _ => Cell.Text(Stop.Output),
    };
}
