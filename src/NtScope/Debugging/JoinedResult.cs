using NtScope.Reports;

namespace NtScope.Debugging;

/// <summary>Several results of one command, one behind the other.</summary>
/// <param name="Results">The results.</param>
public sealed record JoinedResult(IReadOnlyList<ICommandResult> Results) : ICommandResult
{
    /// <inheritdoc/>
    public IReportTable? Table => Results is [var only] ? only.Table : null;

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var result in Results)
        {
            result.Write(writer, cancellation);
        }
    }
}
