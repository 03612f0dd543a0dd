using NtScope.Reports;

namespace NtScope.Windows.VirtualDesktops;

/// <summary>
/// A virtual desktop of the shell: a row of <c>ntscope.virtual/1</c>. It is no desktop object: all its windows stand on the session's
/// <c>Default</c>, and the shell cloaks those of the others.
/// </summary>
/// <param name="Number">Its place, counted from 1.</param>
/// <param name="Id">Its GUID.</param>
/// <param name="Name">The name the user gave it; null for none, which the shell shows as "Desktop" and the number.</param>
/// <param name="Current">Whether it is the one that is shown; null if unknown.</param>
/// <param name="Windows">The windows that the shell puts on it, each as handle and title.</param>
public sealed record VirtualDesktopRow(int Number, Guid Id, string? Name, bool? Current, IReadOnlyList<string> Windows) : IReportRow<VirtualDesktopRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.virtual/1";

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("number", "#", AlignRight: true),
        new("name", "Name"),
        new("id", "GUID"),
        new("current", "Shown"),
        new("windows", "Windows"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Number),
        1 => Cell.Text(Name),
        2 => Cell.Text(Id.ToString("B")),
        3 => Cell.Flag(Current),
        4 => Cell.Texts(Windows),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
