using NtScope.Lab.Drivers;
using NtScope.Reports;

namespace NtScope.Cli.Commands;

/// <summary>A finding of a run in the lab.</summary>
internal sealed class LabFindingRow(LabFinding finding) : IReportRow<LabFindingRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("kind", "Kind", Tallied: true),
        new("driver", "Driver"),
        new("routine", "Routine"),
        new("detail", "Detail", OwnLine: true),
        new("stack", "Stack", OwnLine: true),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; } = [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(finding.Kind),
        1 => Cell.Text(finding.Driver),
        2 => Cell.Text(finding.Routine),
        3 => Cell.Text(finding.Detail),
        _ => Cell.Texts(finding.Stack),
    };
}
