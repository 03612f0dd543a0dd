namespace NtScope.Reports;

/// <summary>A typed report.</summary>
/// <typeparam name="TRow">The row type, which declares the columns.</typeparam>
/// <param name="schema">The schema with its version.</param>
/// <param name="target">What the report was made from.</param>
/// <param name="rows">The rows in order.</param>
/// <param name="notes">What a reader should know about the report as a whole.</param>
public sealed class Report<TRow>(string schema, TargetSummary target, IReadOnlyList<TRow> rows, IReadOnlyList<string> notes)
    : ReportTable<TRow>(rows), IReport
    where TRow : IReportRow<TRow>
{
    /// <inheritdoc/>
    public string Schema { get; } = schema;

    /// <inheritdoc/>
    public TargetSummary Target { get; } = target;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes { get; } = notes;
}
