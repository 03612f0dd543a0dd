using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>Memory as numbers of one format, a fixed count on each line.</summary>
public sealed class MemoryDump : ICommandResult
{
    private readonly MemoryBytes _bytes;
    private readonly MemoryUnit _unit;
    private readonly int _columns;
    private readonly int _pointerSize;

    internal MemoryDump(MemoryBytes bytes, MemoryUnit unit, int pointerSize, int? columns = null)
    {
        _bytes = bytes;
        _unit = unit;
        _columns = columns ?? unit.Columns;
        _pointerSize = pointerSize;
    }

    /// <summary>How many numbers there are.</summary>
    public int Count => _bytes.Length / _unit.Size;

    /// <summary>The format.</summary>
    public MemoryFormat Format => _unit.Format;

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<MemoryRow>(
        [.. Enumerable.Range(0, Count).Select(index => new MemoryRow(AddressAt(index), TryGetValue(index, out var value) ? value : null, _unit.Size * 2))]);

    /// <summary>The number at <paramref name="index"/>, its bits as they stand in memory; false if it could not be read.</summary>
    public bool TryGetValue(int index, out ulong value) => _bytes.TryGet(index * _unit.Size, _unit.Size, out value);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write(_unit.Heading(Hexadecimal.Address(0, _pointerSize).Length + 2));
        for (var first = 0; first < Count && !cancellation.IsCancellationRequested; first += _columns)
        {
            WriteLine(writer, first, Math.Min(_columns, Count - first));
        }
    }

    private VirtualAddress AddressAt(int index) => _bytes.Start + (ulong)(index * _unit.Size);

    private void WriteLine(TextWriter writer, int first, int count)
    {
        writer.Write(Hexadecimal.Address(AddressAt(first).Value, _pointerSize));
        writer.Write("  ");
        for (var i = 0; i < count; i++)
        {
            if (i > 0) writer.Write(_unit.Format == MemoryFormat.Bytes && i == 8 ? '-' : ' ');
            writer.Write(TryGetValue(first + i, out var value) ? _unit.Text(value) : _unit.Unreadable());
        }

        if (_unit.HasCharacters || _unit.HasNumbersBehind)
        {
            writer.Write(new string(' ', ((_columns - count) * (_unit.Width + 1)) + 2));
        }

        if (_unit.HasCharacters)
        {
            WriteCharacters(writer, first, count);
        }
        else if (_unit.HasNumbersBehind)
        {
            writer.Write(string.Join(' ', Enumerable.Range(first, count).Select(index => TryGetValue(index, out var value) ? _unit.Number(value) : new string('?', _unit.Size * 2))));
        }

        writer.Write('\n');
    }

    private void WriteCharacters(TextWriter writer, int first, int count)
    {
        var start = first * _unit.Size;
        for (var offset = start; offset < start + (count * _unit.Size); offset++)
        {
            var readable = _bytes.TryGet(offset, 1, out var value);
            writer.Write(readable ? MemoryBytes.Printable((byte)value) : '?');
        }
    }
}
