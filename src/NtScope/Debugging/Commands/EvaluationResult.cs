using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>The value of an expression.</summary>
/// <param name="Value">The value, 64 bits.</param>
/// <param name="Text">The value as the shell writes it.</param>
public sealed record EvaluationResult(ulong Value, string Text) : ICommandResult
{
    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<ValueRow>([new ValueRow(Value)]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation) => writer.Write(Text);
}
