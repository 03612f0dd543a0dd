using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>An open handle as a row.</summary>
/// <param name="Entry">The handle.</param>
public sealed record HandleRow(HandleEntry Entry) : IReportRow<HandleRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("handle", "Handle"), new("object", "Object"), new("access", "Granted access")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Raw(Entry.Handle, 4),
        1 => Cell.Address(Entry.Object),
        _ => Cell.Raw(Entry.GrantedAccess, 8),
    };
}
