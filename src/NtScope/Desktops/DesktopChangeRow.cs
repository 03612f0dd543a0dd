using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>A difference between two reports of desktops: a row of <c>ntscope.desktops-diff/1</c>.</summary>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="Subject">What differs: <c>desktop</c>, <c>process</c>, <c>window</c>, <c>input</c>, <c>security</c>, <c>heap</c>.</param>
/// <param name="Session">The session of the desktop.</param>
/// <param name="WindowStation">Its window station.</param>
/// <param name="Desktop">Its name.</param>
/// <param name="Before">The older value; null for what was added.</param>
/// <param name="After">The newer value; null for what was removed.</param>
public sealed record DesktopChangeRow(
    string Change,
    string Subject,
    int? Session,
    string? WindowStation,
    string? Desktop,
    string? Before,
    string? After) : IReportRow<DesktopChangeRow>
{
    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("change", "Change"),
        new("subject", "Subject"),
        new("session", "Session", AlignRight: true),
        new("windowStation", "Station"),
        new("desktop", "Desktop"),
        new("before", "Before"),
        new("after", "After"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Change),
        1 => Cell.Text(Subject),
        2 => Cell.Number(Session),
        3 => Cell.Text(WindowStation),
        4 => Cell.Text(Desktop),
        5 => Cell.Text(Before),
        6 => Cell.Text(After),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
