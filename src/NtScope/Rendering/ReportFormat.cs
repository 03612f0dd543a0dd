namespace NtScope.Rendering;

/// <summary>The formats a report can be written in.</summary>
public enum ReportFormat
{
    /// <summary>Aligned columns of plain text.</summary>
    Table,

    /// <summary>The report document.</summary>
    Json,

    /// <summary>Comma-separated values as RFC 4180 has them.</summary>
    Csv,

    /// <summary>A Markdown table.</summary>
    Markdown,

    /// <summary>One self-contained page.</summary>
    Html,
}
