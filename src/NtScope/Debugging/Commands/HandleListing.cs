using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Open handles, one a line.</summary>
/// <param name="rows">The handles, ascending.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
public sealed class HandleListing(IReadOnlyList<HandleRow> rows, int pointerSize) : ICommandResult
{
    /// <summary>The handles, ascending.</summary>
    public IReadOnlyList<HandleRow> Rows { get; } = rows;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<HandleRow>(Rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var row in Rows)
        {
            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Entry.Handle:x4}: Object: {Hexadecimal.Address(row.Entry.Object.Value, pointerSize)}  GrantedAccess: {row.Entry.GrantedAccess:x8}\n"));
        }
    }
}
