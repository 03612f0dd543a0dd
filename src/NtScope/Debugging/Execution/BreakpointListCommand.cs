using System.Globalization;
using NtScope.Reports;

namespace NtScope.Debugging.Execution;

/// <summary><c>bl</c>: lists the breakpoints.</summary>
/// <param name="execution">What runs the target.</param>
public sealed class BreakpointListCommand(ExecutionController execution) : IDebuggerCommand
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; } = ["bl"];

    /// <inheritdoc/>
    public string Usage => "bl";

    /// <inheritdoc/>
    public string Help => "Lists the breakpoints: number, enabled or disabled, address, passes left and to make, place.";

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        arguments.RequireEnd();
        return new Listing(session, execution.Breakpoints);
    }

    private sealed class Listing(DebuggerSession session, IReadOnlyList<Breakpoint> breakpoints) : ICommandResult
    {
        public IReportTable Table => new ReportTable<BreakpointRow>([.. breakpoints.Select(breakpoint => new BreakpointRow(breakpoint))]);

        public void Write(TextWriter writer, CancellationToken cancellation)
        {
            foreach (var breakpoint in breakpoints)
            {
                var state = (breakpoint.IsEnabled ? "e" : "d") + (breakpoint.Address is null ? "u" : " ");
                var address = breakpoint.Address is { } place ? session.Format(place) : new string(' ', 17);
                var access = breakpoint.Data is { } data ? string.Create(CultureInfo.InvariantCulture, $" {(data.WritesOnly ? 'w' : 'r')} {data.Size}") : string.Empty;
                var name = breakpoint.Address is { } known && session.Symbols.TryGetNearest(known, out var symbol) ? symbol.ToString() : $"({breakpoint.Expression})";
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{breakpoint.Number,2} {state} {address}{access}     {breakpoint.PassesLeft:x4} ({breakpoint.Passes:x4}) {name}{(breakpoint.Commands.Length > 0 ? $" \"{breakpoint.Commands}\"" : string.Empty)}\n"));
            }
        }
    }
}
