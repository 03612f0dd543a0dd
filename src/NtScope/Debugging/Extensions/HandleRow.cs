using NtScope.Kernel.Objects;
using NtScope.Reports;

namespace NtScope.Debugging.Extensions;

/// <summary>An open handle as a row.</summary>
/// <param name="Entry">The handle.</param>
/// <param name="Object">The object's body.</param>
public sealed record HandleRow(HandleEntry Entry, VirtualAddress Object) : IReportRow<HandleRow>
{
    /// <inheritdoc/>
    public static IReadOnlyList<ReportColumn> Columns { get; } = [new("handle", "Handle"), new("object", "Object"), new("access", "Granted access"), new("entry", "Entry")];

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Findings => [];

    /// <inheritdoc/>
    public Cell CellAt(int column) => column switch
    {
        0 => Cell.Raw(Entry.Handle, 4),
        1 => Cell.Address(Object),
        2 => Cell.Raw(Entry.GrantedAccess, 8),
        _ => Cell.Address(Entry.Place),
    };
}
