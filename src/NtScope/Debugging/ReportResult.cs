using System.Text;
using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Debugging;

/// <summary>A report as the answer of a command: aligned columns, the findings and the notes behind it.</summary>
/// <param name="Report">The report.</param>
public sealed record ReportResult(IReport Report) : ICommandResult
{
    /// <inheritdoc/>
    public IReportTable Table => Report;

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        using var text = new MemoryStream();
        new TextRenderer().Render(Report, text);
        writer.Write(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
    }
}
