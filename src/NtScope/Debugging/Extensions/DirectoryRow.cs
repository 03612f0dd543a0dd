using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>An object in a directory of the namespace.</summary>
/// <param name="Bucket">The hash bucket that it stands in.</param>
/// <param name="Object">Where its body is.</param>
/// <param name="TypeName">Its type's name; null if it cannot be read.</param>
/// <param name="Name">Its name; null if it cannot be read. Untrusted text.</param>
public sealed record DirectoryRow(int Bucket, VirtualAddress Object, string? TypeName, string? Name) : IReportRow<DirectoryRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("bucket", "Hash", AlignRight: true), new("object", "Address"), new("type", "Type"), new("name", "Name")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Number(Bucket),
        1 => Cell.Address(Object),
        2 => Cell.Text(TypeName),
        _ => Cell.Text(Name),
    };
}
