using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Pointers in memory, one a line, with the symbols they point at.</summary>
public sealed class PointerDump : ICommandResult
{
    private readonly int _pointerSize;

    internal PointerDump(MemoryBytes bytes, int unit, DebuggerSession session)
    {
        _pointerSize = session.PointerSize;
        var rows = new List<MemoryRow>(bytes.Length / unit);
        for (var offset = 0; offset + unit <= bytes.Length; offset += unit)
        {
            var readable = bytes.TryGet(offset, unit, out var value);
            var symbol = readable && session.Symbols.TryGetNearest(new VirtualAddress(value), out var place) ? place.ToString() : null;
            rows.Add(new MemoryRow(bytes.Start + (ulong)offset, readable ? value : null, unit * 2, symbol));
        }

        Rows = rows;
    }

    /// <summary>The pointers in order.</summary>
    public IReadOnlyList<MemoryRow> Rows { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<MemoryRow>(Rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var row in Rows)
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            writer.Write(Hexadecimal.Address(row.Address.Value, _pointerSize));
            writer.Write("  ");
            writer.Write((row.Value, row.Width) switch
            {
                ({ } value, 16) => Hexadecimal.Wide(value),
                ({ } value, _) => value.ToString("x8", CultureInfo.InvariantCulture),
                (null, 16) => "????????`????????",
                _ => "????????",
            });
            if (row.Symbol is not null)
            {
                writer.Write(' ');
                writer.Write(row.Symbol);
            }

            writer.Write('\n');
        }
    }
}
