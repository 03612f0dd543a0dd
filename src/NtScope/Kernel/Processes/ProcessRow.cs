using NtScope.Reports;

namespace NtScope.Kernel.Processes;

/// <summary>A process: a row of <c>ntscope.processes/1</c>.</summary>
/// <param name="Pid">Its ID; null if it cannot be read.</param>
/// <param name="ParentPid">The ID of the process that made it.</param>
/// <param name="Name">The first 15 characters of its image's name (_EPROCESS.ImageFileName). Untrusted text.</param>
/// <param name="Session">Its session; null for a process outside sessions.</param>
/// <param name="Object">Where its _EPROCESS is.</param>
/// <param name="DirectoryTableBase">The physical address of its page tables, with flag bits, as stored.</param>
/// <param name="Created">When it was created, ISO 8601 in UTC.</param>
/// <param name="Exited">When it ended; null if it runs.</param>
/// <param name="SeenBy">What showed it.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record ProcessRow(
    long? Pid,
    long? ParentPid,
    string? Name,
    long? Session,
    VirtualAddress Object,
    ulong? DirectoryTableBase,
    string? Created,
    string? Exited,
    IReadOnlyList<string> SeenBy,
    IReadOnlyList<Finding> Findings) : IReportRow<ProcessRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.processes/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("pid", "PID", AlignRight: true),
        new("parentPid", "Parent", AlignRight: true),
        new("name", "Name"),
        new("session", "Session", AlignRight: true),
        new("object", "Object"),
        new("directoryTableBase", "Page tables"),
        new("created", "Created"),
        new("exited", "Exited"),
        new("seenBy", "Seen by"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Pid),
        1 => Cell.Number(ParentPid),
        2 => Cell.Text(Name),
        3 => Cell.Number(Session),
        4 => Cell.Address(Object),
        5 => Cell.Raw(DirectoryTableBase, 0),
        6 => Cell.Text(Created),
        7 => Cell.Text(Exited),
        8 => Cell.Texts(SeenBy),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
