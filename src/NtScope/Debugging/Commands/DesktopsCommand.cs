using NtScope.Desktops.Captured;
using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!desktops</c>: sessions, window stations, desktops and their windows.</summary>
public sealed class DesktopsCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!desktops"];

    /// <inheritdoc/>
    public override string Usage => "!desktops [pattern]";

    /// <inheritdoc/>
    public override string Help => "Lists the desktops of every session and window station of a capture, with threads and windows, and those that are hidden.";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation) =>
        CapturedDesktops.Analyse(session.Target, new SurveyOptions { Cancellation = cancellation });
}
