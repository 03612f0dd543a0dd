using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>A thread that is bound to a desktop.</summary>
/// <param name="Tid">Its identifier.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Process">The file name of the process's image; null if unread.</param>
public sealed record DesktopThread(uint Tid, uint Pid, string? Process) : IReportRow<DesktopThread>
{
    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("tid", "TID", AlignRight: true),
        new("pid", "PID", AlignRight: true),
        new("process", "Process"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Tid),
        1 => Cell.Number(Pid),
        2 => Cell.Text(Process),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
