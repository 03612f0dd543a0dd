namespace NtScope.Rendering;

/// <summary>Finds the renderer of a format.</summary>
public static class ReportRenderers
{
    /// <summary>The renderer of <paramref name="format"/>.</summary>
    public static IReportRenderer For(ReportFormat format) => format switch
    {
        ReportFormat.Table => new TextRenderer(),
        ReportFormat.Json => new JsonRenderer(),
        ReportFormat.Csv => new CsvRenderer(),
        ReportFormat.Markdown => new MarkdownRenderer(),
        ReportFormat.Html => new HtmlRenderer(),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
