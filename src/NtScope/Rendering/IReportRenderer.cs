using NtScope.Reports;

namespace NtScope.Rendering;

/// <summary>Writes a report in one format. It sees the report only: cells, findings, notes.</summary>
public interface IReportRenderer
{
    /// <summary>Writes the whole report as UTF-8 without a byte order mark.</summary>
    void Render(IReport report, Stream output);
}
