using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Interrupt gates, one a line.</summary>
/// <param name="table">Where the table is.</param>
/// <param name="rows">The gates, ascending by vector.</param>
/// <param name="pointerSize">The size of a pointer on the target, in bytes.</param>
public sealed class InterruptListing(VirtualAddress table, IReadOnlyList<InterruptRow> rows, int pointerSize) : ICommandResult
{
    /// <summary>The gates, ascending by vector.</summary>
    public IReadOnlyList<InterruptRow> Rows { get; } = rows;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<InterruptRow>(Rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write($"\nDumping IDT: {table.Value.ToString(pointerSize == sizeof(uint) ? "x8" : "x16", CultureInfo.InvariantCulture)}\n\n");
        foreach (var row in Rows)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{row.Vector:x2}:\t{row.Handler.Value:x} {row.Symbol ?? "outside of every module"}\n"));
        }

        writer.Write('\n');
    }
}
