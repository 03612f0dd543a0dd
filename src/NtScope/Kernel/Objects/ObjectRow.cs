using NtScope.Reports;

namespace NtScope.Kernel.Objects;

/// <summary>An object of the namespace: a row of <c>ntscope.objects/1</c>.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="TypeName">Its type's name; null if it cannot be read.</param>
/// <param name="Object">Where its body is.</param>
/// <param name="LinkTarget">What a symbolic link says; null for other objects.</param>
/// <param name="ResolvesTo">The object that a symbolic link leads to in the end; null if it leads to none in the namespace.</param>
/// <param name="Handles">Open handles; null if it cannot be read.</param>
/// <param name="References">Pointers to it, as its header counts them; null if it cannot be read.</param>
/// <param name="Findings">What its reader should know.</param>
public sealed record ObjectRow(
    string Path,
    string? TypeName,
    VirtualAddress Object,
    string? LinkTarget,
    VirtualAddress? ResolvesTo,
    long? Handles,
    long? References,
    IReadOnlyList<Finding> Findings) : IReportRow<ObjectRow>
{
    /// <summary>The schema.</summary>
    public const string Schema = "ntscope.objects/1";

    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } =
    [
        new("path", "Path"),
        new("type", "Type"),
        new("object", "Object"),
        new("linkTarget", "Link target"),
        new("resolvesTo", "Resolves to", Shown: false),
        new("handles", "Handles", Shown: false, AlignRight: true),
        new("references", "References", Shown: false, AlignRight: true),
    ];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Text(Path),
        1 => Cell.Text(TypeName),
        2 => Cell.Address(Object),
        3 => Cell.Text(LinkTarget),
        4 => Cell.Address(ResolvesTo),
        5 => Cell.Number(Handles),
        6 => Cell.Number(References),
        _ => throw new ArgumentOutOfRangeException(nameof(column)),
    };
}
