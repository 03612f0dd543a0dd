using NtScope.Kernel.Processes;
using NtScope.Reports;

namespace NtScope.Debugging.Commands;

/// <summary><c>!process</c>: processes, cross-viewed.</summary>
public sealed class ProcessesCommand : ReportCommand
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = ["!process"];

    /// <inheritdoc/>
    public override string Usage => "!process [0 0] [pattern]";

    /// <inheritdoc/>
    public override string Help => "Lists processes by the kernel's list, the table of IDs, a scan of memory and their threads; one missing from the list is said to be unlinked.";

    /// <inheritdoc/>
    protected override IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        // WinDbg's "0 flags" asks for all processes, which this always shows.
        if (arguments.Take('0'))
        {
            arguments.TakeWord();
        }

        return ProcessAnalyser.Analyse(session.Target, new SurveyOptions { Cancellation = cancellation });
    }
}
