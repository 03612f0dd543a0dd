using NtScope.Reports;

namespace NtScope.Debugging.Disassembly;

/// <summary>Instructions as <c>u</c> shows them: a line with the symbol wherever one starts, then one line an instruction.</summary>
public sealed class CodeListing : ICommandResult
{
    private const int BytesColumn = 15;

    private readonly DebuggerSession _session;
    private readonly IReadOnlyList<IReadOnlyList<CodeLine>> _blocks;
    private readonly VirtualAddress? _unreadable;
    private readonly string _error;

    internal CodeListing(DebuggerSession session, IReadOnlyList<IReadOnlyList<CodeLine>> blocks, VirtualAddress? unreadable = null, string error = "")
    {
        _session = session;
        _blocks = blocks;
        _unreadable = unreadable;
        _error = error;
        Lines = [.. blocks.SelectMany(block => block)];
    }

    /// <summary>All instructions in order.</summary>
    public IReadOnlyList<CodeLine> Lines { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<CodeRow>(
        [.. Lines.Select(line => new CodeRow(line, _session.Symbols.TryGetNearest(line.Address, out var place) ? place.ToString() : null))]);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        for (var i = 0; i < _blocks.Count && !cancellation.IsCancellationRequested; i++)
        {
            if (i > 0)
            {
                writer.Write('\n');
            }

            WriteBlock(writer, _blocks[i]);
        }

        if (_unreadable is { } address)
        {
            writer.Write($"{_session.Format(address)} ??              ???\n{_error}\n");
        }
    }

    private void WriteBlock(TextWriter writer, IReadOnlyList<CodeLine> lines)
    {
        VirtualAddress? current = null;
        var isFirst = true;
        foreach (var line in lines)
        {
            if (_session.Symbols.TryGetNearest(line.Address, out var place) && place.Address != current)
            {
                // A symbol that starts inside of an instruction gets no line of its own.
                if (isFirst || place.Displacement == 0) writer.Write($"{place}:\n");
                current = place.Address;
            }

            isFirst = false;

            var bytes = Convert.ToHexStringLower([.. line.Bytes]);
            writer.Write($"{_session.Format(line.Address)} {bytes.PadRight(BytesColumn)} {InstructionText.Align(line.Text, bytes.Length - BytesColumn)}\n");
        }
    }
}
