using NtScope.Rendering;
using NtScope.Reports;

namespace NtScope.Debugging;

/// <summary>A command that shows one of NtScope's reports; its argument chooses rows by name.</summary>
public abstract class ReportCommand : IDebuggerCommand
{
    /// <inheritdoc/>
    public abstract IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public abstract string Usage { get; }

    /// <inheritdoc/>
    public abstract string Help { get; }

    /// <inheritdoc/>
    public ICommandResult Execute(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation)
    {
        var report = Make(session, arguments, cancellation);
        var filter = arguments.TakeRest();
        return new ReportResult(filter.Length == 0 ? report : new ReportView(report, new ReportQuery { Filter = filter }));
    }

    /// <summary>Makes the report. What of the arguments it takes does not choose rows.</summary>
    /// <exception cref="DebuggerException">The target has not what the report needs.</exception>
    protected abstract IReport Make(DebuggerSession session, CommandArguments arguments, CancellationToken cancellation);
}
