namespace NtScope.Reports;

/// <summary>The document that every front end reads: a schema, the target, rows and notes.</summary>
public interface IReport : IReportTable
{
    /// <summary>The schema with its version: <c>ntscope.syscalls/1</c>.</summary>
    string Schema { get; }

    /// <summary>What the report was made from.</summary>
    TargetSummary Target { get; }

    /// <summary>What a reader should know about the report as a whole: what is missing and why, which evidence was used. Sentences.</summary>
    IReadOnlyList<string> Notes { get; }
}
