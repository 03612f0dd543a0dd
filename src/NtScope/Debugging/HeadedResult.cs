using NtScope.Reports;

namespace NtScope.Debugging;

/// <summary>A result under a line of its own.</summary>
/// <param name="Heading">The line, ended.</param>
/// <param name="Inner">The result.</param>
public sealed record HeadedResult(string Heading, ICommandResult Inner) : ICommandResult
{
    /// <inheritdoc/>
    public IReportTable? Table => Inner.Table;

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(Heading);
        Inner.Write(writer, cancellation);
    }
}
