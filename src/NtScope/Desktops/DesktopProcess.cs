using System.Globalization;
using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>A process that has threads on a desktop.</summary>
/// <param name="Pid">Its identifier.</param>
/// <param name="Name">The file name of its image; null if unread.</param>
/// <param name="Path">The full path of its image; null if unread.</param>
/// <param name="CommandLine">Its command line; null if unread.</param>
/// <param name="Started">When it was created; null if unread.</param>
public sealed record DesktopProcess(uint Pid, string? Name, string? Path = null, string? CommandLine = null, DateTimeOffset? Started = null)
    : IReportRow<DesktopProcess>
{
    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("pid", "PID", AlignRight: true),
        new("name", "Process"),
        new("path", "Path"),
        new("commandLine", "Command line"),
        new("started", "Started"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Pid),
        1 => Cell.Text(Name),
        2 => Cell.Text(Path),
        3 => Cell.Text(CommandLine),
        4 => Cell.Text(StartedText),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };

    /// <summary>When it was created, as reports write it: UTC, ISO 8601, seconds.</summary>
    public string? StartedText => Started?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
