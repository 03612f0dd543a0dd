using NtScope.Reports;

namespace NtScope.Tests.Rendering;

internal sealed record InnerRow(string Title, int Count) : IReportRow<InnerRow>
{
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("title", "Title"), new("count", "Count", AlignRight: true)];

    public IReadOnlyList<Finding> Findings => [];

    public Cell CellAt(int column) => column == 0 ? Cell.Text(Title) : Cell.Number(Count);
}
