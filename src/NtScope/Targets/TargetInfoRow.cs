using NtScope.Reports;

namespace NtScope.Targets;

/// <summary>Something about a target or one of its modules: a row of <c>ntscope.info/1</c>.</summary>
/// <param name="Subject">The module, or <c>target</c>.</param>
/// <param name="Name">What it is, in words.</param>
/// <param name="Value">The value as people read it.</param>
public sealed record TargetInfoRow(string Subject, string Name, string Value) : IReportRow<TargetInfoRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("subject", "Of"), new("name", "What"), new("value", "Value")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Subject),
        1 => Cell.Text(Name),
        2 => Cell.Text(Value),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
