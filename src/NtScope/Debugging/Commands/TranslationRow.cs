using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>A page-table entry as a row.</summary>
/// <param name="Step">The entry.</param>
public sealed record TranslationRow(TranslationStep Step) : IReportRow<TranslationRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
        [new("level", "Level"), new("entryAddress", "Entry at"), new("entry", "Entry"), new("kind", "Kind"), new("flags", "Flags")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Step.Level.ToString()),
        1 => Cell.Raw(Step.EntryAddress.Value, 0),
        2 => Step.Kind == PageEntryKind.NotCaptured ? Cell.Empty : Cell.Raw(Step.Entry, 16),
        3 => Cell.Text(Step.Kind.ToString()),
        _ => Cell.Text(Step.Flags),
    };
}
