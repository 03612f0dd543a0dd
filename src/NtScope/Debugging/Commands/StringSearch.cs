using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>The runs of printable characters in a range of memory.</summary>
public sealed class StringSearch : ICommandResult
{
    private const int ChunkSize = 1 << 20;
    private const int PageSize = 0x1000;

    private readonly DebuggerSession _session;
    private readonly AddressRange _range;
    private readonly int _unit;
    private readonly int _shortest;
    private readonly CancellationToken _cancellation;

    internal StringSearch(DebuggerSession session, AddressRange range, int unit, int shortest, CancellationToken cancellation)
    {
        _session = session;
        _range = range;
        _unit = unit;
        _shortest = shortest;
        _cancellation = cancellation;
    }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<ValueRow>([.. Matches(_cancellation).Select(match => new ValueRow(match.Start.Value))]);

    /// <summary>Searches. A string goes on over pages and ends at a hole, at the end of the range, or where a chunk of a mebibyte ends.</summary>
    /// <param name="cancellation">Ends the search early.</param>
    public IEnumerable<AddressRange> Matches(CancellationToken cancellation)
    {
        var buffer = new byte[ChunkSize];
        for (ulong done = 0; done < _range.Count && !cancellation.IsCancellationRequested;)
        {
            var wanted = (int)Math.Min(ChunkSize, _range.Count - done);
            var start = _range.Start + done;
            var read = _session.Memory.Read(start, buffer.AsSpan(0, wanted), out _);
            for (int place = 0, run = 0; place + _unit <= read + _unit; place += _unit)
            {
                if (place + _unit <= read && IsPrintable(buffer, place))
                {
                    run++;
                    continue;
                }

                if (run >= _shortest) yield return new AddressRange(start + (ulong)(place - (run * _unit)), (ulong)run);
                run = 0;
            }

            done += (ulong)read;
            if (read < wanted) done += PageSize - ((_range.Start.Value + done) % PageSize);
        }
    }

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var match in Matches(cancellation))
        {
            MemoryText.Read(_session.Memory, match.Start, (int)match.Count, _unit, _session.PointerSize).Write(writer, cancellation);
        }
    }

    private bool IsPrintable(byte[] buffer, int place) =>
        buffer[place] is >= 0x20 and < 0x7f && (_unit == 1 || buffer[place + 1] == 0);
}
