using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Pointers in memory, with what they point at.</summary>
public sealed class PointerDump : ICommandResult
{
    private const int LongestText = 55;
    private readonly DebuggerSession _session;
    private readonly PointedContent _content;
    private readonly int _columns;
    private readonly int _unit;

    internal PointerDump(MemoryBytes bytes, int unit, DebuggerSession session, PointedContent content = PointedContent.Symbol, int columns = 1)
    {
        _session = session;
        _content = content;
        _columns = columns;
        _unit = unit;
        var rows = new List<MemoryRow>(bytes.Length / unit);
        for (var offset = 0; offset + unit <= bytes.Length; offset += unit)
        {
            ulong? value = bytes.TryGet(offset, unit, out var number) ? number : null;
            rows.Add(new MemoryRow(bytes.Start + (ulong)offset, value, unit * 2, value is { } pointer ? Describe(new VirtualAddress(pointer)) : null));
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
        for (var i = 0; i < Rows.Count && !cancellation.IsCancellationRequested; i++)
        {
            var row = Rows[i];
            if (i % _columns == 0)
            {
                writer.Write(_session.Format(row.Address));
                writer.Write(' ');
            }

            writer.Write(' ');
            writer.Write(Number(row.Value));
            if (row.Symbol is not null)
            {
                writer.Write(' ');
                writer.Write(row.Symbol);
            }

            if (i % _columns == _columns - 1 || i == Rows.Count - 1) writer.Write('\n');
        }
    }

    private string Number(ulong? value) => (value, _unit) switch
    {
        ({ } number, sizeof(ulong)) => Hexadecimal.Wide(number),
        ({ } number, _) => number.ToString("x8", CultureInfo.InvariantCulture),
        (null, sizeof(ulong)) => "????????`????????",
        _ => "????????",
    };

    private string? Describe(VirtualAddress pointer) => _content switch
    {
        PointedContent.Pointer => PointedNumber(pointer),
        PointedContent.Ascii => Text(pointer, 1),
        PointedContent.Unicode => Text(pointer, 2),
        _ => Symbol(pointer),
    };

    private string? Symbol(VirtualAddress address) => _session.Symbols.TryGetNearest(address, out var place) ? place.ToString() : null;

    private string? PointedNumber(VirtualAddress pointer)
    {
        if (!MemoryBytes.Read(_session.Memory, pointer, _unit).TryGet(0, _unit, out var number))
        {
            return null;
        }

        return Symbol(new VirtualAddress(number)) is { } symbol ? $"{Number(number)} {symbol}" : Number(number);
    }

    private string? Text(VirtualAddress pointer, int unit)
    {
        Span<byte> first = stackalloc byte[2];
        return _session.Memory.TryRead(pointer, first[..unit], out _)
            ? $"\"{MemoryText.Read(_session.Memory, pointer, LongestText, unit, _session.PointerSize).Text}\""
            : null;
    }
}
