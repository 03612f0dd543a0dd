using NtScope.Reports;

namespace NtScope.Desktops;

/// <summary>A top-level window of a desktop.</summary>
/// <param name="Handle">Its handle.</param>
/// <param name="Class">The name of its class; null if unread.</param>
/// <param name="Title">Its title; null if unread.</param>
/// <param name="Pid">The process of its thread.</param>
/// <param name="Tid">The thread that made it.</param>
/// <param name="Visible">Whether it has WS_VISIBLE; null if unread.</param>
/// <param name="Cloaked">Who hides it although it is visible: <c>app</c>, <c>shell</c> (a virtual desktop), <c>inherited</c>; null for nobody.</param>
public sealed record DesktopWindow(ulong Handle, string? Class, string? Title, uint? Pid, uint? Tid, bool? Visible, string? Cloaked)
    : IReportRow<DesktopWindow>
{
    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("handle", "Handle"),
        new("class", "Class"),
        new("title", "Title"),
        new("pid", "PID", AlignRight: true),
        new("tid", "TID", AlignRight: true),
        new("visible", "Visible"),
        new("cloaked", "Cloaked"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Raw(Handle, 8),
        1 => Cell.Text(Class),
        2 => Cell.Text(Title),
        3 => Cell.Number(Pid),
        4 => Cell.Number(Tid),
        5 => Cell.Flag(Visible),
        6 => Cell.Text(Cloaked),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
