using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary>Frames as <c>k</c> shows them.</summary>
public sealed class StackListing : ICommandResult
{
    private readonly DebuggerSession _session;
    private readonly bool _numbers;

    internal StackListing(DebuggerSession session, IReadOnlyList<ExecutionFrame> frames, bool numbers)
    {
        (_session, _numbers) = (session, numbers);
        Rows =
        [
            .. frames.Select((frame, index) => new FrameRow(
                frame,
                index + 1 < frames.Count ? frames[index + 1].Address : null,
                session.Symbols.TryGetNearest(frame.Address, out var place) ? place.ToString() : null)),
        ];
    }

    /// <summary>The frames, innermost first.</summary>
    public IReadOnlyList<FrameRow> Rows { get; }

    /// <inheritdoc/>
    public IReportTable Table => new ReportTable<FrameRow>(Rows);

    /// <inheritdoc/>
    public void Write(TextWriter writer, CancellationToken cancellation)
    {
        writer.Write($"{(_numbers ? " # " : string.Empty)}{"Child-SP",-17} {"RetAddr",-17} Call Site\n");
        for (var index = 0; index < Rows.Count; index++)
        {
            var row = Rows[index];
            var number = _numbers ? index.ToString("x2", CultureInfo.InvariantCulture) + " " : string.Empty;
            writer.Write($"{number}{_session.Format(row.Frame.StackPointer)} {_session.Format(row.Return ?? VirtualAddress.Zero)} {row.Place ?? "0x" + _session.Format(row.Frame.Address)}\n");
        }
    }
}
