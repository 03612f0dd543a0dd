using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary>The places where a pattern stands in memory, found while they are read.</summary>
public sealed class MemorySearch : ICommandResult
{
    private const int ChunkSize = 1 << 20;
    private const int PageSize = 0x1000;
    private const int BytesPerLine = 16;

    private readonly DebuggerSession _session;
    private readonly AddressRange _range;
    private readonly byte[] _pattern;
    private readonly int _unit;
    private readonly bool _addressesOnly;
    private readonly CancellationToken _cancellation;

    internal MemorySearch(DebuggerSession session, AddressRange range, byte[] pattern, int unit, bool addressesOnly, CancellationToken cancellation)
    {
        _session = session;
        _range = range;
        _pattern = pattern;
        _unit = unit;
        _addressesOnly = addressesOnly;
        _cancellation = cancellation;
    }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<ValueRow>([.. Matches(_cancellation).Select(address => new ValueRow(address.Value))]);

    /// <summary>Searches. A match may lie across pages, not across a hole.</summary>
    /// <param name="cancellation">Ends the search early.</param>
    public IEnumerable<VirtualAddress> Matches(CancellationToken cancellation)
    {
        var buffer = new byte[ChunkSize + _pattern.Length - 1];
        var kept = 0;
        for (ulong done = 0; done < _range.Count && !cancellation.IsCancellationRequested;)
        {
            var wanted = (int)Math.Min(ChunkSize, _range.Count - done);
            var address = _range.Start + done;
            var read = _session.Memory.Read(address, buffer.AsSpan(kept, wanted), out _);
            var available = kept + read;
            var windowStart = address - (ulong)kept;
            for (var from = 0; from + _pattern.Length <= available;)
            {
                var hit = buffer.AsSpan(from, available - from).IndexOf(_pattern);
                if (hit < 0)
                {
                    break;
                }

                // Words are found where they stand in the range, not astride two of them.
                var match = windowStart + (ulong)(from + hit);
                if ((match - _range.Start) % (ulong)_unit == 0)
                {
                    yield return match;
                }

                from += hit + 1;
            }

            done += (ulong)read;
            if (read < wanted)
            {
                done += PageSize - ((_range.Start.Value + done) % PageSize);
                kept = 0;
                continue;
            }

            kept = Math.Min(_pattern.Length - 1, available);
            buffer.AsSpan(available - kept, kept).CopyTo(buffer);
        }
    }

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        foreach (var address in Matches(cancellation))
        {
            if (_addressesOnly)
            {
                writer.Write($"0x{_session.Format(address)}\n");
                continue;
            }

            WriteLine(writer, address);
        }
    }

    private void WriteLine(TextWriter writer, VirtualAddress address)
    {
        var format = _unit switch
        {
            sizeof(ushort) => MemoryFormat.WordsAndCharacters,
            sizeof(uint) => MemoryFormat.DoubleWordsAndCharacters,
            sizeof(ulong) => MemoryFormat.QuadWords,
            _ => MemoryFormat.Bytes,
        };
        var bytes = MemoryBytes.Read(_session.Memory, address, BytesPerLine);
        new MemoryDump(bytes, new MemoryUnit(format), _session.PointerSize).Write(writer, CancellationToken.None);
    }
}
