using NtScope.Reports;

namespace NtScope.Kernel.Modules;

/// <summary>A module of a target: a row of <c>ntscope.modules/1</c>.</summary>
/// <param name="Name">Its name before the exclamation mark. Untrusted text in a capture.</param>
/// <param name="Path">Its file.</param>
/// <param name="Base">Where it is mapped; null for a file.</param>
/// <param name="Size">Its size as mapped, in bytes.</param>
/// <param name="Pdb">The file name, GUID and age of its symbols; null if unknown.</param>
/// <param name="TimeDateStamp">The link time or content hash of its header; null if the header cannot be read.</param>
/// <param name="SeenBy">What showed it; empty for one that was unloaded.</param>
/// <param name="Unloaded">When it was unloaded, or that the time is not known; null for one that is loaded.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record ModuleRow(
    string Name,
    string Path,
    VirtualAddress? Base,
    long Size,
    string? Pdb,
    uint? TimeDateStamp,
    IReadOnlyList<string> SeenBy,
    string? Unloaded,
    IReadOnlyList<Finding> Findings) : IReportRow<ModuleRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.modules/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("name", "Name"),
        new("path", "Path"),
        new("base", "Base"),
        new("size", "Size", AlignRight: true),
        new("pdb", "Symbols"),
        new("timeDateStamp", "Time stamp", Shown: false),
        new("seenBy", "Seen by", Shown: false),
        new("unloaded", "Unloaded"),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Name),
        1 => Cell.Text(Path),
        2 => Cell.Address(Base),
        3 => Cell.Number(Size),
        4 => Cell.Text(Pdb),
        5 => Cell.Raw(TimeDateStamp, 8),
        6 => Cell.Texts(SeenBy),
        7 => Cell.Text(Unloaded),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
